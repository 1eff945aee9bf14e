/** Apart from the rest of the runtime, since its library takes half a second to load: only a pod does. */
export * from './kubernetes.ts';
