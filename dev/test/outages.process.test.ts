import { afterEach, expect, test } from 'vitest';
import { post, problemIn } from './httpCalls.ts';
import { type System, startSystem } from './system.ts';

let system: System | undefined;
afterEach(async () => {
  const startedAt = performance.now();
  await system?.stop();
  console.log(`stopped in ${Math.round(performance.now() - startedAt)} ms`);
});

test('with Redis down a task is refused with its id, and is failed on record', async () => {
  system = await startSystem();
  const storyId = await system.client.createStory('A fox', 'A fox crosses a frozen lake.');
  // The operator would find the row in time when Redis comes back; here only the API's own answer is looked at.
  await system.processes.operator.stop();
  await system.processes.redis.stop();
  const startedAt = performance.now();
  const problem = problemIn(await post(system, '/api/story-tasks', { operation: 'REGENERATE_CONSTITUTION', storyId }));
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  expect(problem).toMatchObject({ status: 500, code: 'ENQUEUE_FAILED' });
  const { task, events } = await system.client.getTask(problem.taskId ?? '');
  expect(task).toMatchObject({ status: 'failed', errorCode: 'ENQUEUE_FAILED', attempt: 0 });
  expect(events[0]).toMatchObject({ eventType: 'error', status: 'failed', payload: { code: 'ENQUEUE_FAILED' } });
});

test('with Supabase down every call is a 503 that says when to come back', async () => {
  system = await startSystem();
  const storyId = await system.client.createStory('A fox', 'A fox crosses a frozen lake.');
  await system.processes.lite.stop();
  const answer = await post(system, '/api/story-tasks', { operation: 'REGENERATE_CONSTITUTION', storyId });
  const problem = problemIn(answer);
  expect(problem).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(JSON.stringify(problem)).not.toMatch(/at .*\.ts|127\.0\.0\.1/);
});
