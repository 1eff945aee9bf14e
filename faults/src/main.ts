/** `make faults`: each fault by itself, then seeded random rounds; one checker judges every round. */

import { EnvironmentError } from '@story-tasks/runtime';
import { newTally, type Tally, tellRound, tellSum, tellTable, WorkDone } from './report.ts';
import { randomRound } from './rounds/randomRound.ts';
import { playRound, type Verdict } from './rounds/round.ts';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type FaultsSettings, faultsSettings } from './settings.ts';
import { type System, startSystem } from './system/system.ts';

class Suite {
  readonly tallies: Tally[] = [];
  readonly #system: System;
  readonly #settings: FaultsSettings;

  constructor(system: System, settings: FaultsSettings) {
    this.#system = system;
    this.#settings = settings;
  }

  get violated(): boolean {
    return this.tallies.some(({ failed }) => failed > 0);
  }

  get #over(): boolean {
    return this.#settings.stopAtFirst && this.violated;
  }

  async play(): Promise<void> {
    const wanted = ({ fault }: Scenario) => this.#settings.faults?.includes(fault) ?? true;
    for (const scenario of scenarios.filter(wanted)) await this.#scenario(scenario);
    if (this.#settings.rounds > 0) await this.#random();
  }

  async #scenario(scenario: Scenario): Promise<void> {
    const tally = this.#tally(scenario.fault, scenario.title);
    const { settleMs, sweep } = this.#settings;
    for (const { name, act } of scenario.rounds(sweep)) {
      if (this.#over) return;
      this.#system.platform.model.latencyMs = 5;
      await this.#round(tally, name, () => playRound(this.#system, { settleMs }, act));
    }
  }

  async #random(): Promise<void> {
    const { seed, rounds, settleMs } = this.#settings;
    const tally = this.#tally('random', `seeds ${seed} to ${seed + rounds - 1}`);
    const work = new WorkDone();
    for (let own = seed; own < seed + rounds && !this.#over; own += 1) {
      const { plan, violations, observation } = await this.#round(tally, `seed ${own}`, () =>
        randomRound(this.#system, own, { settleMs }),
      );
      work.add(observation);
      if (violations.length === 0) continue;
      console.log(`       again with: make faults FAULT=none SEED=${own} ROUNDS=1\n       ${JSON.stringify(plan)}`);
    }
    console.log(`  ${work.told()}`);
  }

  #tally(fault: string, title: string): Tally {
    const tally = newTally(fault, title);
    this.tallies.push(tally);
    console.log(`\n${fault}  ${title}`);
    return tally;
  }

  async #round<V extends Verdict>(tally: Tally, name: string, play: () => Promise<V>): Promise<V> {
    const startedAt = performance.now();
    const verdict = await play();
    tally.rounds += 1;
    tally.failed += verdict.violations.length > 0 ? 1 : 0;
    tally.violations.push(...verdict.violations);
    tally.takeovers.push(...verdict.takeovers);
    tellRound(name, performance.now() - startedAt, verdict.violations);
    return verdict;
  }
}

async function main(settings: FaultsSettings): Promise<number> {
  const startedAt = performance.now();
  const system = await startSystem(settings.seed);
  const suite = new Suite(system, settings);
  try {
    await Promise.race([suite.play(), toldToEnd()]);
  } finally {
    await system.stop({ keep: suite.violated && settings.keepState });
  }
  tellTable(suite.tallies);
  if (suite.violated && settings.keepState) console.log(`\nLogs and state are kept in ${system.dir}`);
  return tellSum(suite.tallies, Math.round((performance.now() - startedAt) / 1_000));
}

/** Rejects with the first signal that asks the suite to end: nothing of what it started may stay behind. */
function toldToEnd(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => reject(new Error(`Stopped by ${signal}.`)));
    }
  });
}

try {
  process.exit(await main(faultsSettings()));
} catch (error) {
  console.error(error instanceof EnvironmentError ? error.message : error);
  process.exit(2);
}
