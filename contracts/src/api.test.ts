import { expect, test } from 'vitest';
import { createTaskRequestSchema, parseCreateTask } from './api.ts';
import { operationNames, operations } from './operations.ts';
import { isTerminal, taskStatuses } from './tasks.ts';

const storyId = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';

test('options are passed on as they were validated', () => {
  const body = {
    operation: 'RUN_WORKFLOW_TASK',
    storyId,
    options: { task: 'CREATE_SHOT_LIST' },
    attempts: 3,
    autoStart: false,
  };
  expect(parseCreateTask(body)).toEqual({ ok: true, value: body });
});

test('an operation without options needs none', () => {
  const parsed = parseCreateTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId });
  expect(parsed).toMatchObject({ ok: true, value: { options: {} } });
});

test('ids are accepted as Postgres accepts them, whatever their version bits', () => {
  const parsed = parseCreateTask({ operation: 'BUILD_PLAYER_BUNDLE', storyId: '11111111-1111-1111-1111-111111111111' });
  expect(parsed.ok).toBe(true);
});

test('faults of the envelope and of the options are told together', () => {
  const parsed = parseCreateTask({ operation: 'RUN_WORKFLOW_TASK', storyId: 1, options: { task: 'X' }, extra: true });
  expect(parsed.ok ? [] : parsed.errors.map((error) => error.path).sort()).toEqual([
    'extra',
    'options.task',
    'storyId',
  ]);
});

test.each([null, undefined, 7, 'text', []])('%j is not a request', (body) => {
  expect(parseCreateTask(body).ok).toBe(false);
});

test('retries are off and one run at a time is the default of every operation', () => {
  for (const name of operationNames) expect(operations[name].defaults).toMatchObject({ attempts: 1, concurrency: 1 });
});

test('exactly the three ends are terminal', () => {
  expect(taskStatuses.filter(isTerminal)).toEqual(['succeeded', 'failed', 'cancelled']);
});

test.each([
  ['nothing', undefined],
  ['a workflow task', { operation: 'RUN_WORKFLOW_TASK', storyId, options: { task: 'CREATE_SHOT_LIST' } }],
  ['all fields', { operation: 'BUILD_PLAYER_BUNDLE', storyId, options: {}, attempts: 20, autoStart: false }],
  ['no options where one is needed', { operation: 'RUN_WORKFLOW_TASK', storyId }],
  ['no options where none is', { operation: 'REGENERATE_CONSTITUTION', storyId }],
  ['options of another operation', { operation: 'REGENERATE_CONSTITUTION', storyId, options: { task: 'X' } }],
  ['an unknown option', { operation: 'RUN_WORKFLOW_TASK', storyId, options: { task: 'CREATE_SHOT_LIST', x: 1 } }],
  ['an unknown operation', { operation: 'PAINT', storyId }],
  ['an unknown key', { operation: 'BUILD_PLAYER_BUNDLE', storyId, priority: 1 }],
  ['too many attempts', { operation: 'BUILD_PLAYER_BUNDLE', storyId, attempts: 21 }],
  ['no story', { operation: 'BUILD_PLAYER_BUNDLE' }],
])('the documented shape of a create says of %s what the validation says', (_, body) => {
  expect(createTaskRequestSchema.safeParse(body).success).toBe(parseCreateTask(body).ok);
});
