/** A Kubernetes API for tests of what a real one does seldom. */
export * from './fakeApiServer.ts';
