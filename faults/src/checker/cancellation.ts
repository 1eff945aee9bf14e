/** I6: cancel against completion, replayed from the events and the answers. */
import type { ModelCall } from '../model/modelServer.ts';
import { stepsOfTask } from './effects.ts';
import { type Check, type Finding, isTerminal, type Observation, perTask } from './observation.ts';

const asked = 'Cancellation requested';

/** In the order of the events, which is the order of commits: whatever ends after the request ends cancelled. */
export const cancelWinsWhenFirst: Check = perTask((task, events) => {
  const end = events.find(({ status }) => isTerminal(status));
  if (end === undefined) return [];
  const requested = events.some(({ message, seq }) => message === asked && seq < end.seq);
  if (requested && end.status !== 'cancelled') return [`the request came first, and it ended ${end.status}`];
  // One that waits is cancelled by the request itself.
  const atOnce = end.status === 'cancelled' && end.message === 'Cancelled before it started';
  if (end.status === 'cancelled' && !requested && !atOnce) return ['it was cancelled, and nobody had asked'];
  return task.task_cancelled === (end.status === 'cancelled') ? [] : [`the flag is ${task.task_cancelled}`];
});

/** What each answer promises. */
export const cancelAnswersHold: Check = ({ ledger, tasks }) =>
  ledger.cancels.flatMap(({ taskId, status }): Finding[] => {
    const row = tasks.find(({ id }) => id === taskId);
    if (row === undefined || !isTerminal(row.status)) return [];
    const cancelled = row.status === 'cancelled';
    const broken = (status === 200 || status === 202) !== cancelled && [200, 202, 409].includes(status);
    return broken ? [{ taskId, told: `the cancel was answered ${status}, and it is ${row.status}` }] : [];
  });

/** From the answer to the start of a call that was past its checkpoint already. */
const graceMs = 150;

/** The checkpoint before each call finds a cancellation, whether its message came or not. */
export const noCallAfterCancel: Check = (observation) =>
  observation.ledger.cancels
    .filter(({ status }) => status === 200 || status === 202)
    .flatMap(({ taskId, askedAt, answeredAt }): Finding[] => {
      const late = callsOf(observation, taskId).filter(
        ({ startedAt }) => startedAt > answeredAt + graceMs && !delayed(observation, askedAt, startedAt),
      );
      return late.map(({ step, piece, startedAt }) => ({
        taskId,
        told: `${step} ${piece} was asked for ${startedAt - answeredAt} ms after the cancellation was answered`,
      }));
    });

/** The model's calls that are surely this task's: none when another task of its story asks for the same. */
function callsOf({ tasks, modelCalls, ledger }: Observation, taskId: string): ModelCall[] {
  const row = tasks.find(({ id }) => id === taskId);
  if (row === undefined) return [];
  const steps = stepsOfTask(row);
  const rivals = tasks.filter((task) => task.story_id === row.story_id && stepsOfTask(task)[0] === steps[0]);
  const mark = ledger.stories.find(({ id }) => id === row.story_id)?.mark;
  return rivals.length > 1 ? [] : modelCalls.filter(({ story, step }) => story === mark && steps.includes(step));
}

const delayed = ({ delays }: Observation, from: number, to: number) =>
  delays.some((delay) => delay.from <= to && delay.to >= from);
