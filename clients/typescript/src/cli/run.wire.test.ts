/** run and watch against an API that answers as its test wants. */
import { stripVTControlCharacters } from 'node:util';
import type { Task } from '@story-tasks/contracts';
import { fakeHost } from '@story-tasks/contracts/test';
import { describe, expect, test } from 'vitest';
import { cli, hostile, ran, streamOf } from '../testing/ranCli.ts';
import { answer, eventOf, eventsTo, type Step, scriptedApi, taskId, taskOf } from '../testing/scriptedApi.ts';

const task = (changes: Partial<Task> = {}): Step =>
  answer(200, { task: { ...taskOf('succeeded'), ...changes }, events: [], cancelable: false });
const created = answer(201, { taskId });

describe('run', () => {
  test('sends what its options say, and prints the id alone', async () => {
    await using api = await scriptedApi(created);
    const args = ['run', 'RUN_WORKFLOW_TASK', '--story', taskId, '--task', 'CREATE_SHOT_LIST', '--attempts', '3'];
    const more = ['--hold', '--key', 'k', '--options', '{"a":1}', '--option', 'b=2=3'];
    expect(await cli(api.url, [...args, ...more])).toEqual({ code: 0, stdout: `${taskId}\n`, stderr: '' });
    expect(JSON.parse(api.seen[0]?.body ?? '')).toEqual({
      operation: 'RUN_WORKFLOW_TASK',
      storyId: taskId,
      options: { a: 1, b: '2=3', task: 'CREATE_SHOT_LIST' },
      attempts: 3,
      autoStart: false,
    });
    expect(api.seen[0]?.headers['idempotency-key']).toBe('k');
    const plain = await cli(api.url, ['run', 'BUILD_PLAYER_BUNDLE', '--story', taskId, '--json']);
    expect(JSON.parse(plain.stdout)).toEqual({ taskId });
    expect(JSON.parse(api.seen[1]?.body ?? '')).toEqual({
      operation: 'BUILD_PLAYER_BUNDLE',
      storyId: taskId,
      options: {},
    });
  });

  test('with --watch tells each event on stderr, and the figures on stdout', async () => {
    await using api = await scriptedApi(created, streamOf(eventsTo(3)), task({ result: { generated: 4, parts: {} } }));
    const { code, stdout, stderr } = await cli(api.url, ['run', 'BUILD_PLAYER_BUNDLE', '--story', taskId, '--watch']);
    expect([code, stdout]).toEqual([0, 'generated=4\n']);
    expect(stderr.split('\n').slice(0, 4)).toEqual([
      `Task ${taskId}`,
      ...[1, 2, 3].map((seq) => expect.stringMatching(new RegExp(`^\\d:\\d\\d {4}0 % {2}event ${seq}$`))),
    ]);
    expect(stderr).toContain('Succeeded in ');
  });

  test.each<[Partial<Task>, number, string, string]>([
    [{ status: 'failed', errorCode: 'LLM_UNAVAILABLE', errorMessage: 'Gone.' }, 1, 'LLM_UNAVAILABLE', 'Gone.'],
    [{ status: 'cancelled', cancelReason: 'a slip' }, 130, 'TASK_CANCELLED', 'The task was cancelled (a slip).'],
  ])('of a task that ends so: %j, exits with %i', async (changes, code, name, message) => {
    await using api = await scriptedApi(streamOf([eventOf(1, changes.status)]), task(changes));
    const told = await cli(api.url, ['watch', taskId]);
    expect(told).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(`error: ${message} [${name}]\n`) });
    await using again = await scriptedApi(streamOf([eventOf(1, changes.status)]), task(changes));
    const asJson = await cli(again.url, ['watch', taskId, '--json']);
    expect(JSON.parse(asJson.stdout).task).toMatchObject(changes);
    expect(JSON.parse(asJson.stderr)).toEqual({ code: name, message, taskId });
  });

  test('on a terminal draws a living line, and leaves none', async () => {
    const told = { ...eventOf(1), progressOverride: 50, message: hostile };
    await using api = await scriptedApi(streamOf([told, eventOf(2, 'succeeded')]), task());
    const host = fakeHost({ env: { STORY_TASKS_URL: api.url }, columns: 80 });
    const { code, stderr } = await ran(host, ['watch', taskId]);
    expect(code).toBe(0);
    const drawn = stripVTControlCharacters(stderr);
    expect(drawn).toMatch(/█{10}░{10} {2}50 % {2}\d:\d\d {2}ab c d/);
    expect(drawn.trimEnd()).toMatch(/Succeeded in \S+, 0 \+ 0 tokens\.$/);
  });

  test.each([{ columns: 0 }, { columns: 80, TERM: 'dumb' }])(
    'on a terminal that cannot draw (%j) tells plain lines',
    async ({ columns, ...env }) => {
      await using api = await scriptedApi(streamOf(eventsTo(2)), task());
      const { stderr } = await ran(fakeHost({ env: { STORY_TASKS_URL: api.url, ...env }, columns }), ['watch', taskId]);
      expect(stripVTControlCharacters(stderr)).toMatch(/^0:00 {4}0 % {2}event 1\n0:00 {4}0 % {2}event 2\nSucceeded/);
    },
  );

  test('interrupted stops watching, says that the task goes on and how to stop it, and exits 130', async () => {
    await using api = await scriptedApi((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`id: 1\ndata: ${JSON.stringify(eventOf(1))}\n\n`);
    });
    const host = fakeHost({ env: { STORY_TASKS_URL: api.url } });
    const watching = ran(host, ['watch', taskId]);
    await expect.poll(() => host.written('stderr')).toContain('event 1');
    host.signals.emit('SIGINT');
    const { code, stderr } = await watching;
    expect(code).toBe(130);
    expect(stderr).toContain(
      `Stopped watching; the task goes on. To stop it: story-tasks cancel ${taskId} [INTERRUPTED]\n`,
    );
    expect(api.seen).toHaveLength(1);
  });
});
