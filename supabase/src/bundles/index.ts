export type { BundleStore, PreparableBundleStore } from './bundleStore.ts';
export { type BundleStoreDependencies, createBundleStore } from './createBundleStore.ts';
export * from './errors.ts';
