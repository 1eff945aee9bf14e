import { randomUUID } from 'node:crypto';
import type { NewTaskEvent, TaskEventsHint, TaskRecord } from '@story-tasks/contracts';
import { beforeEach, expect, test } from 'vitest';
import { announcingReconcileRepository, announcingRepository } from './announcingRepository.ts';
import { StoreUnavailableError } from './errors.ts';
import type { ReconcileRepository } from './reconcileRepository.ts';
import type { BatchAnswer, StoryTasksRepository } from './storyTasksRepository.ts';

const taskId = randomUUID();
const task = { id: taskId, lastSeq: 7 } as TaskRecord;
const event: NewTaskEvent = { id: randomUUID(), eventType: 'info', message: 'told' };
const fence = { taskId, attempt: 1, eventId: randomUUID(), message: 'over' };
const claim = { taskId, claimToken: randomUUID(), workerId: 'w', leaseMs: 1, resumable: true };

let hints: TaskEventsHint[];
beforeEach(() => {
  hints = [];
});

function announcing(store: Partial<StoryTasksRepository>): StoryTasksRepository {
  return announcingRepository(store as StoryTasksRepository, (hint) => hints.push(hint));
}

test('a claim, an end and a release are announced with the number of their event', async () => {
  const repository = announcing({
    claimTask: async () => ({ outcome: 'claimed', task }),
    finishTask: async () => ({ outcome: 'finished', task }),
    releaseTask: async () => ({ outcome: 'released', task }),
  });
  expect(await repository.claimTask(claim)).toEqual({ outcome: 'claimed', task });
  await repository.finishTask({ ...fence, status: 'succeeded' });
  await repository.releaseTask(fence);
  expect(hints).toEqual(Array(3).fill({ taskId, seq: 7 }));
});

test('a claim that was refused wrote nothing to announce', async () => {
  const refused = { outcome: 'refused', reason: 'running', retryAfterMs: 0 } as const;
  expect(await announcing({ claimTask: async () => refused }).claimTask(claim)).toEqual(refused);
  expect(hints).toEqual([]);
});

test.each<[BatchAnswer, boolean, boolean]>([
  ['ok', true, true],
  ['cancel', true, true],
  ['stale', true, false],
  ['not_found', true, false],
  ['ok', false, false],
])('a batch that is answered %s, with events: %s, is announced: %s', async (answer, told, announced) => {
  const repository = announcing({ appendBatch: async () => ({ [taskId]: answer }) });
  const answers = await repository.appendBatch([{ taskId, attempt: 1, events: told ? [event] : [] }]);
  expect(answers).toEqual({ [taskId]: answer });
  expect(hints).toEqual(announced ? [{ taskId }] : []);
});

test('what the store did not answer is not announced, and is thrown on', async () => {
  const down = new StoreUnavailableError('append_story_task_events');
  const repository = announcing({ appendBatch: () => Promise.reject(down) });
  await expect(repository.appendBatch([{ taskId, attempt: 1, events: [event] }])).rejects.toBe(down);
  expect(hints).toEqual([]);
});

test('a start, a cancellation and a task that could not be queued are told of with their last number', async () => {
  const answered = { outcome: 'started', task };
  const repository = announcing({
    startTask: async () => answered as Awaited<ReturnType<StoryTasksRepository['startTask']>>,
    cancelTask: async () => ({ outcome: 'cancelling', task }),
    failEnqueue: async () => ({ outcome: 'failed', task }),
  });
  await repository.startTask(taskId);
  await repository.cancelTask(taskId, 'why');
  await repository.failEnqueue(taskId, 'why');
  expect(hints).toEqual(Array.from({ length: 3 }, () => ({ taskId, seq: 7 })));
});

test('runs that the reconciler mended are told of with their last number', async () => {
  const mended = [
    { action: 'requeued', task },
    { action: 'lost', task: { ...task, lastSeq: 9 } },
  ] as const;
  const store = { mendLostRuns: async () => [...mended] } as Partial<ReconcileRepository>;
  const repository = announcingReconcileRepository(store as ReconcileRepository, (hint) => hints.push(hint));
  expect(await repository.mendLostRuns([], 10)).toEqual(mended);
  expect(hints).toEqual([
    { taskId, seq: 7 },
    { taskId, seq: 9 },
  ]);
});
