/** Time, chance and a process as a test decides them, and the browser that it finds. */
export { chromiumPath } from './chromiumPath.ts';
export { type FakeHost, fakeHost } from './fakeHost.ts';
export { seeded } from './seeded.ts';
export { settled, VirtualClock } from './virtualClock.ts';
export { seededChance, virtualWorld } from './virtualWorld.ts';
