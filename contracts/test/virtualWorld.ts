/** A world in which time passes when a test says so, and chance is the same for the same seed. */
import type { Chance, World } from '../src/index.ts';
import { seeded } from './seeded.ts';
import { VirtualClock } from './virtualClock.ts';

export function seededChance(seed: number): Chance {
  const fraction = seeded(seed);
  const digit = () => Math.floor(fraction() * 16).toString(16);
  const digits = (count: number) => Array.from({ length: count }, digit).join('');
  // Version 4, so that it is accepted wherever an id is checked.
  return { fraction, uuid: () => `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}` };
}

export function virtualWorld(clock = new VirtualClock(), seed = 1): World {
  return { clock, chance: seededChance(seed) };
}
