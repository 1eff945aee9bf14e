import { randomUUID } from 'node:crypto';
import type { TaskRecord } from '@story-tasks/contracts';
import { beforeEach, expect, test } from 'vitest';
import { StoreUnavailableError } from './errors.ts';
import { observedRepository } from './observedRepository.ts';
import type { StoryTasksRepository } from './storyTasksRepository.ts';

const task = { id: randomUUID() } as TaskRecord;
const fence = { taskId: task.id, attempt: 1, eventId: randomUUID(), message: 'over' };
const finish = { ...fence, status: 'succeeded' } as const;
const claim = { taskId: task.id, claimToken: randomUUID(), workerId: 'w', leaseMs: 1, resumable: true };

let seen: [string, TaskRecord][];
beforeEach(() => {
  seen = [];
});

/** A repository whose store answers each call the same. */
function answering(answer: unknown): StoryTasksRepository {
  const answered = async () => answer;
  const names = ['createTask', 'retryTask', 'claimTask', 'finishTask', 'releaseTask', 'cancelTask', 'failEnqueue'];
  const store = Object.fromEntries(names.map((name) => [name, answered])) as unknown as StoryTasksRepository;
  return observedRepository(store, (...change) => seen.push(change));
}

const calls = {
  create: (repository) => repository.createTask({ operation: 'BUILD_PLAYER_BUNDLE' }),
  claim: (repository) => repository.claimTask(claim),
  finish: (repository) => repository.finishTask(finish),
  release: (repository) => repository.releaseTask(fence),
  cancel: (repository) => repository.cancelTask(task.id),
  'fail to enqueue': (repository) => repository.failEnqueue(task.id, 'no'),
} satisfies Record<string, (repository: StoryTasksRepository) => Promise<unknown>>;

test.each<[keyof typeof calls, { outcome: string; byThisCall?: boolean }, string | null]>([
  ['create', { outcome: 'created' }, 'created'],
  ['create', { outcome: 'repeat' }, null],
  ['create', { outcome: 'conflict' }, null],
  ['claim', { outcome: 'claimed' }, 'claimed'],
  ['claim', { outcome: 'refused' }, null],
  ['finish', { outcome: 'finished' }, 'ended'],
  ['finish', { outcome: 'cancelled' }, 'ended'],
  ['finish', { outcome: 'retrying' }, 'retrying'],
  ['finish', { outcome: 'stale' }, null],
  ['release', { outcome: 'released' }, null],
  ['release', { outcome: 'cancelled' }, 'ended'],
  ['release', { outcome: 'stale' }, null],
  ['cancel', { outcome: 'cancelled', byThisCall: true }, 'ended'],
  ['cancel', { outcome: 'cancelled', byThisCall: false }, null],
  ['cancel', { outcome: 'cancelled' }, null],
  ['cancel', { outcome: 'cancelling', byThisCall: false }, null],
  ['cancel', { outcome: 'terminal' }, null],
  ['fail to enqueue', { outcome: 'failed' }, 'ended'],
  ['fail to enqueue', { outcome: 'refused' }, null],
])('to %s and be answered %j is told as %s', async (name, answer, change) => {
  const answered = { ...answer, task };
  expect(await calls[name](answering(answered))).toEqual(answered);
  expect(seen).toEqual(change === null ? [] : [[change, task]]);
});

test('a retry makes a task', async () => {
  expect(await answering(task).retryTask(randomUUID())).toBe(task);
  expect(seen).toEqual([['created', task]]);
});

test('what the store did not answer is not told, and is thrown on', async () => {
  const down = new StoreUnavailableError('finish_story_task');
  const store = { finishTask: () => Promise.reject(down) } as Partial<StoryTasksRepository> as StoryTasksRepository;
  const repository = observedRepository(store, (...change) => seen.push(change));
  await expect(repository.finishTask(finish)).rejects.toBe(down);
  expect(seen).toEqual([]);
});
