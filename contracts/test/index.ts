/** Time and chance as a test decides them. */
export { seeded } from './seeded.ts';
export { settled, VirtualClock } from './virtualClock.ts';
export { seededChance, virtualWorld } from './virtualWorld.ts';
