/** A scenario: a test with the system at hand, and a dump of the cluster when it fails. */
import { afterAll, beforeAll, onTestFailed, test } from 'vitest';
import { dump } from './dump.ts';
import { System } from './system.ts';

export interface ScenarioOptions {
  /** Milliseconds. */
  readonly timeout: number;
}

/** @param name a sentence: what holds. @param play is handed the system, and what to leave with where it cannot be played */
export function scenario(
  name: string,
  { timeout }: ScenarioOptions,
  play: (system: System, skip: (why: string) => void) => Promise<void>,
): void {
  let system: System;
  beforeAll(async () => {
    system = await System.open();
  });
  afterAll(() => system.close());
  test(name, { timeout }, async ({ skip }) => {
    onTestFailed(async () => console.error(`left in ${await dump(name)}`), 60_000);
    await play(system, skip);
  });
}
