/** Whether two requests ask for the same, whatever order their keys came in. */
import { createHash } from 'node:crypto';

/** @returns sha256 of the value's canonical JSON, in hex; a key that is undefined counts as absent */
export function requestHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
