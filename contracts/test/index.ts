/** Time, chance and a process as a test decides them. */
export { type FakeHost, fakeHost } from './fakeHost.ts';
export { seeded } from './seeded.ts';
export { settled, VirtualClock } from './virtualClock.ts';
export { seededChance, virtualWorld } from './virtualWorld.ts';
