/** What the suite prints and leaves behind: lines while it runs, a table, and one line with the sum. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation, Violation } from './checker/observation.ts';

/** One fault's rounds, or all random ones. */
export interface Tally {
  readonly fault: string;
  readonly title: string;
  rounds: number;
  failed: number;
  readonly violations: Violation[];
  readonly takeovers: number[];
}

export const newTally = (fault: string, title: string): Tally => ({
  ...{ fault, title },
  rounds: 0,
  failed: 0,
  violations: [],
  takeovers: [],
});

export function tellRound(name: string, tookMs: number, violations: readonly Violation[]): void {
  const seconds = (tookMs / 1_000).toFixed(1).padStart(6);
  console.log(`  ${violations.length === 0 ? 'ok  ' : 'FAIL'} ${seconds} s  ${name}`);
  for (const { check, taskId, told } of violations) {
    console.log(`       ${check}: ${told}${taskId === undefined ? '' : ` (task ${taskId})`}`);
  }
}

/** What went on in the random rounds, so that nobody takes idle ones for passed ones. */
export class WorkDone {
  readonly #ends = new Map<string, number>();
  #runs = 0;
  #modelCalls = 0;

  add({ tasks, modelCalls }: Observation): void {
    for (const { status, attempt } of tasks) {
      this.#ends.set(status, (this.#ends.get(status) ?? 0) + 1);
      this.#runs += attempt;
    }
    this.#modelCalls += modelCalls.length;
  }

  told(): string {
    const ends = [...this.#ends].map(([status, count]) => `${count} ${status}`).join(', ');
    return `tasks: ${ends}; ${this.#runs} runs, ${this.#modelCalls} calls to the model`;
  }
}

/** Min, median and max, in seconds. */
function spread(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => ((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) / 1_000).toFixed(1);
  return `${at(0)} / ${at(0.5)} / ${at(1)}`;
}

export function tellTable(tallies: readonly Tally[]): void {
  console.log(`\n${'fault'.padEnd(6)} ${''.padEnd(52)} rounds  violations  recovery, s (min / median / max)`);
  for (const { fault, title, rounds, violations, takeovers } of tallies) {
    const counts = `${String(rounds).padStart(6)}  ${String(violations.length).padStart(10)}`;
    console.log(`${fault.padEnd(6)} ${title.padEnd(52)} ${counts}  ${spread(takeovers)}`);
  }
}

/** @returns the exit code */
export function tellSum(tallies: readonly Tally[], seconds: number): number {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const failed = sum((tally) => tally.failed);
  const passed = sum((tally) => tally.rounds) - failed;
  const checks = tallies.flatMap(({ fault, violations }) =>
    violations.map(({ check, told }) => ({ fault, check, told })),
  );
  mkdirSync('test-results', { recursive: true });
  writeFileSync(
    join('test-results', 'faults.json'),
    JSON.stringify({ passed, failed, seconds, violations: checks }, null, 1),
  );
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
