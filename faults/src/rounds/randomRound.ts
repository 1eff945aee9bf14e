/** One random round, from its seed to its verdict. */

import { seeded } from '@story-tasks/contracts/test';
import type { System } from '../system/system.ts';
import { inflict } from './inflict.ts';
import { type Plan, planRound } from './plan.ts';
import { playRound, type RoundLimits, type Verdict } from './round.ts';
import { tellStory } from './work.ts';

export async function randomRound(
  system: System,
  seed: number,
  limits: RoundLimits,
): Promise<Verdict & { plan: Plan }> {
  const plan = planRound(seed);
  system.reseed(seed);
  const verdict = await playRound(system, limits, async (round) => {
    const stories = await Promise.all(plan.stories.map(({ scenelets }) => round.client.createStory(scenelets)));
    system.platform.model.latencyMs = plan.modelLatencyMs;
    // Of chances inside a fault: of the same seed, but not of the same numbers as the plan.
    const random = seeded(seed ^ 0x5bd1e995);
    const faults = plan.faults.map((fault) => inflict(round, fault, random));
    const work = plan.stories.map((planned, index) => {
      const story = stories[index];
      return story === undefined ? undefined : tellStory(round, planned, story);
    });
    await Promise.all([...faults, ...work]);
  });
  return { ...verdict, plan };
}
