/** The model hangs, is full, is broken, writes nonsense, or repeats the key it was called with. */
import type { ModelFault } from '../model/modelServer.ts';
import type { Round } from '../rounds/round.ts';
import type { Scenario } from './scenario.ts';
import { callsOf, ended, storyWithConstitution } from './stories.ts';

/** By fault: the code the task fails with, and how many calls were made for it. */
const outcomes: readonly (readonly [ModelFault, string, number])[] = [
  ['hang', 'LLM_TIMEOUT', 1],
  ['429', 'LLM_RATE_LIMITED', 3],
  ['500', 'LLM_UNAVAILABLE', 3],
  ['garbage', 'LLM_INVALID_OUTPUT', 2],
  ['echo in error', 'LLM_BAD_REQUEST', 1],
  ['echo in reply', 'LLM_INVALID_OUTPUT', 2],
];

async function fails(round: Round, fault: ModelFault, code: string, calls: number): Promise<void> {
  round.system.platform.model.chooseFault = () => fault;
  const story = await storyWithConstitution(round);
  const taskId = await round.client.createSurely({ operation: 'REGENERATE_CONSTITUTION', storyId: story.id });
  const row = await ended(round, taskId);
  round.expect(row.status === 'failed' && row.error_code === code, `it ended ${row.status} ${row.error_code}`);
  const made = callsOf(round, story).length;
  round.expect(made === calls, `${made} calls were made`);
}

/** A fault that passes within the retries of a call is never seen in the record. */
async function passes(round: Round): Promise<void> {
  const { model } = round.system.platform;
  const story = await storyWithConstitution(round);
  model.chooseFault = () => (callsOf(round, story).length <= 1 ? '500' : 'none');
  const taskId = await round.client.createSurely({ operation: 'REGENERATE_CONSTITUTION', storyId: story.id });
  const row = await ended(round, taskId);
  round.expect(row.status === 'succeeded' && row.attempt === 1, `it ended ${row.status} at attempt ${row.attempt}`);
}

export const modelFails: Scenario = {
  fault: '22',
  title: 'LLM hangs, 429, 500, garbage, a secret echoed back',
  *rounds() {
    for (const [fault, code, calls] of outcomes) {
      yield { name: fault, act: (round) => fails(round, fault, code, calls) };
    }
    yield { name: '500 once', act: passes };
  },
};
