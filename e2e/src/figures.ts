/** Figures that a scenario measured: told at once, and kept for the report. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dumpFolder } from './settings.ts';

/** The value below which `share` of the values lie (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** @param name what was measured. @param milliseconds each time it was */
export function tellFigures(name: string, milliseconds: readonly number[]): void {
  const at = (share: number) => `${Math.round(percentile(milliseconds, share))} ms`;
  tell(`${name}: p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)} (${milliseconds.length} times)`);
}

export function tell(line: string): void {
  console.log(line);
  mkdirSync(dumpFolder, { recursive: true });
  appendFileSync(`${dumpFolder}/figures.txt`, `${line}\n`);
}
