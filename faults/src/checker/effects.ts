/** I4: nothing is done twice, and a takeover pays for at most the step that was in flight. */
import { type ModelCall, usageOfCall } from '../model/modelServer.ts';
import { type Check, type Finding, type Observation, perTask, type TaskRow } from './observation.ts';

/** An event that tells of a persisted step is told once: each names its step. */
export const oneEffectPerStep: Check = perTask((_, events) => {
  const told = events.map(({ message }) => message).filter((message) => /^(Scenelet|Shot list) \d+ of /.test(message));
  const steps = told.map((message) => message.replace(/ \d+ of \d+/, ''));
  return steps.filter((step, index) => steps.indexOf(step) !== index).map((step) => `told twice: ${step}`);
});

/** Slack for a call that broke just as its fault began or ended. */
const slackMs = 100;

/**
 * Calls that were paid for: also one whose caller left in its middle, for that ended a run. One that the model failed, or
 * that may have broken on its way, is tried again within the run.
 */
function paidCalls({ modelCalls, modelDisturbances }: Observation): ModelCall[] {
  return modelCalls.filter(({ outcome, startedAt, endedAt = Number.POSITIVE_INFINITY }) => {
    const disturbed = modelDisturbances.some(({ from, to }) => startedAt <= to + slackMs && endedAt >= from - slackMs);
    return outcome !== 'failed' && !disturbed;
  });
}

/** Which steps a task may ask the model for. */
const stepsOf: Readonly<Record<string, readonly string[]>> = {
  CREATE_CONSTITUTION: ['constitution'],
  REGENERATE_CONSTITUTION: ['constitution'],
  CREATE_INTERACTIVE_SCRIPT: ['outline', 'scenelet'],
  CREATE_VISUAL_DESIGN: ['visualDesign'],
  CREATE_AUDIO_DESIGN: ['audioDesign'],
  CREATE_SHOT_LIST: ['shotList'],
};

export const stepsOfTask = ({ operation, payload }: TaskRow) => stepsOf[String(payload['task'] ?? operation)] ?? [];

/**
 * Of each story and kind of work: calls beyond one a piece are at most one for each run after the first. A retry is a
 * task of its own over the same work, and its runs count like those of the first.
 */
export const oneRepeatPerTakeover: Check = (observation) => {
  const calls = paidCalls(observation);
  return observation.ledger.stories.flatMap(({ id, mark }) =>
    Object.values(stepsOf)
      .filter((steps, index, all) => all.findIndex((other) => other[0] === steps[0]) === index)
      .flatMap((steps) => {
        const own = calls.filter(({ story, step }) => story === mark && steps.includes(step));
        const tasks = observation.tasks.filter((task) => task.story_id === id && stepsOfTask(task)[0] === steps[0]);
        return repeats(own, tasks);
      }),
  );
};

function repeats(calls: readonly ModelCall[], tasks: readonly TaskRow[]): Finding[] {
  const pieces = new Set(calls.map(({ step, piece }) => `${step} ${piece}`)).size;
  const runs = tasks.reduce((sum, { attempt }) => sum + attempt, 0);
  const repeated = calls.length - pieces;
  if (repeated <= Math.max(0, runs - 1)) return [];
  return [{ taskId: tasks[0]?.id, told: `${calls.length} calls for ${pieces} pieces in ${runs} runs` }];
}

/** Tokens are totals: a batch that is sent again counts nothing twice. */
export const tokensCountedOnce: Check = ({ tasks, modelCalls, ledger }) =>
  ledger.stories.flatMap(({ id, mark }) => {
    const own = tasks.filter(({ story_id }) => story_id === id);
    const told = own.reduce((sum, { input_tokens }) => sum + input_tokens, 0);
    const given = modelCalls.filter(({ story }) => story === mark).length * usageOfCall.inputTokens;
    return told <= given ? [] : [{ taskId: own[0]?.id, told: `${told} tokens on record of ${given} given` }];
  });
