/** I1: what a client was told stays true. */
import { acknowledged } from '../client/ledger.ts';
import { type Check, type Finding, isTerminal, perTask } from './observation.ts';

/** Every acknowledged task is on record. */
export const acknowledgedExists: Check = ({ ledger, tasks }) => {
  const known = new Set(tasks.map(({ id }) => id));
  return ledger.creates
    .filter((call) => acknowledged(call) && call.taskId !== null && !known.has(call.taskId))
    .map(({ taskId }) => ({ taskId: taskId ?? undefined, told: 'it was acknowledged, and there is no such row' }));
};

/** Every task that may run has ended by now, acknowledged or not. */
export const everyTaskEnds: Check = perTask(({ status, held, attempt }) =>
  isTerminal(status) || held ? [] : [`it is ${status} at attempt ${attempt}, and everything had time to end`],
);

/** Nobody who was told 201 finds the task failed because it could not be queued. */
export const acknowledgedWasQueued: Check = ({ ledger, tasks }) => {
  const promised = new Set(ledger.creates.filter(acknowledged).map(({ taskId }) => taskId));
  return tasks
    .filter((task) => task.error_code === 'ENQUEUE_FAILED' && promised.has(task.id))
    .map(({ id }) => ({ taskId: id, told: 'it was acknowledged, and failed for not being queued' }));
};

/** One idempotency key is one task, however often it was asked with. */
export const oneTaskPerKey: Check = ({ ledger }) => {
  const byKey = Map.groupBy(
    ledger.creates.filter((call) => acknowledged(call) && call.key !== null),
    ({ key }) => key,
  );
  return [...byKey].flatMap(([key, calls]): Finding[] => {
    const ids = new Set(calls.map(({ taskId }) => taskId));
    return ids.size === 1 ? [] : [{ told: `key ${key} was answered with ${ids.size} tasks` }];
  });
};

/** The promise holds for tasks that nobody was told of too: an answer may have been lost. */
export const oneRowPerCreate: Check = ({ ledger, tasks }) => {
  const asked = ledger.creates.filter(({ key }) => key !== null);
  const keys = new Set(asked.map(({ key }) => key));
  const rows = tasks.filter((task) => task.error_code !== 'ENQUEUE_FAILED');
  const unkeyed = ledger.creates.length - asked.length;
  return rows.length <= keys.size + unkeyed
    ? []
    : [{ told: `${rows.length} rows for ${keys.size} keys and ${unkeyed} retries` }];
};
