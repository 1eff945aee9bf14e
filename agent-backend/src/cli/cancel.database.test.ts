/** Cancelling a run of the real CLI: by Ctrl-C, and from another process. */
import { type Task, workflowTasks } from '@story-tasks/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliStore, startCliStore } from './testing/cliStore.ts';

let store: CliStore;
beforeAll(async () => {
  store = await startCliStore();
});
afterAll(() => store.stop());

/** A call to the model takes ten seconds: nothing here ends by itself. */
const slow = { OFFLINE_LATENCY_MS: '10000' };

async function underWay(...more: string[]) {
  const storyId = await store.story();
  const started = store.start(['run', 'CREATE_CONSTITUTION', storyId, ...more], slow);
  const taskId = more.includes('--json') ? await running(storyId) : await started.saw(/Task (\S+)/);
  return { ...started, storyId, taskId };
}

/** The id of the story's task, once it runs. */
async function running(storyId: string): Promise<string> {
  for (;;) {
    const [task] = await store.repository.listRecentByStory(storyId, 1);
    if (task?.status === 'running') return task.id;
  }
}

const statusEvents = async (taskId: string) =>
  (await store.repository.listRecentEvents(taskId)).flatMap(({ status }) => status ?? []).reverse();

test.each(['SIGINT', 'SIGTERM'] as const)('%s cancels the task, and exits 130', async (signal) => {
  const { child, saw, ended, taskId } = await underWay();
  await saw(/Writing the constitution/);
  child.kill(signal);
  const { code, stdout, stderr } = await ended;
  expect([code, stdout]).toEqual([130, '']);
  expect(stderr).toContain('Cancelling the task.');
  expect(stderr).toMatch(/error: The task was cancelled\. \[CANCELLED\]\n$/);
  expect((await store.repository.getTask(taskId)).status).toBe('cancelled');
  expect(await statusEvents(taskId)).toEqual(['queued', 'running', 'cancelled']);
});

test('with --json a cancelled run is a row on stdout and an error on stderr', async () => {
  const { child, ended } = await underWay('--json');
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect((JSON.parse(stdout) as { task: Task }).task.status).toBe('cancelled');
  expect(JSON.parse(stderr)).toMatchObject({ code: 'CANCELLED' });
});

test('another process’s cancel stops the run within seconds', async () => {
  const { saw, ended, taskId } = await underWay();
  await saw(/Writing the constitution/);
  const askedAt = performance.now();
  const cancel = await store.run(['task', 'cancel', taskId, '--reason', 'Changed my mind']);
  expect(cancel).toMatchObject({ code: 0, stdout: 'The task is being cancelled.\n' });
  expect((await ended).code).toBe(130);
  // The next heartbeat, 4 s at most, finds it.
  expect(performance.now() - askedAt).toBeLessThan(7_000);
  expect(await store.repository.getTask(taskId)).toMatchObject({
    status: 'cancelled',
    taskCancelled: true,
    cancelReason: 'Changed my mind',
  });
  const again = await store.run(['task', 'cancel', taskId]);
  expect(again).toMatchObject({ code: 0, stdout: 'Cancelled.\n' });
});

test('what was made before a Ctrl-C is kept, and the next run makes only the rest', async () => {
  const storyId = await store.story();
  await store.run(['run', 'CREATE_CONSTITUTION', storyId]);
  const { child, saw, ended } = store.start(['run', workflowTasks[1], storyId], { OFFLINE_LATENCY_MS: '200' });
  await saw(/Scenelet 2 of \d+ written/);
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  const { task } = (await store.json('run', workflowTasks[1], storyId)) as { task: Task };
  const { reused, llmCalls, scenelets } = task.result as Record<string, number>;
  expect(reused).toBeGreaterThanOrEqual(3);
  expect((reused ?? 0) + (llmCalls ?? 0)).toBe((scenelets ?? 0) + 1);
});
