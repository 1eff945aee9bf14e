export * from './runContext.ts';
