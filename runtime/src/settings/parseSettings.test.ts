import { expect, test } from 'vitest';
import { hashOf, parseSettings } from './parseSettings.ts';

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  ...['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map(
    (name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`)}]`,
  ),
].join('\n');

test.each([
  ['an empty document', '', {}],
  ['comments alone', '# nothing yet\n', {}],
  ['an operation with all of it commented out', 'RUN_WORKFLOW_TASK:\n  # concurrency: 3\n', {}],
  ['some settings', 'RUN_WORKFLOW_TASK: { concurrency: 3 }', { RUN_WORKFLOW_TASK: { concurrency: 3 } }],
  ['JSON, which is YAML', '{"RUN_WORKFLOW_TASK": {"paused": true}}', { RUN_WORKFLOW_TASK: { paused: true } }],
  [
    'a part that is said once and used twice',
    'RUN_WORKFLOW_TASK: &part { attempts: 3 }\nBUILD_PLAYER_BUNDLE: *part',
    { RUN_WORKFLOW_TASK: { attempts: 3 }, BUILD_PLAYER_BUNDLE: { attempts: 3 } },
  ],
])('read: %s', (_name, text, document) => {
  expect(parseSettings(text)).toEqual({ ok: true, document });
});

test.each([
  ['a key twice', 'RUN_WORKFLOW_TASK: {}\nRUN_WORKFLOW_TASK: {}', 'Line 2, column 1: Map keys must be unique'],
  ['a list that is not closed', 'RUN_WORKFLOW_TASK: [1', 'Line 1, column 22: '],
  ['two documents', '{}\n--- {}', 'Line 2, column 1: Source contains multiple documents'],
  ['an alias of nothing', 'RUN_WORKFLOW_TASK: *part', 'The document cannot be read'],
  ['aliases that multiply', bomb, 'The document cannot be read'],
  ['nesting without end', '['.repeat(30_000), 'The document cannot be read'],
  ['a very long document', ' '.repeat(40_000), 'The document is longer than 32 KiB.'],
  ['a list', '- 1', 'The document: must be a mapping of RUN_WORKFLOW_TASK, '],
  ['an unknown operation', 'RUN_WORKFLOW: {}', 'RUN_WORKFLOW: Unknown key'],
  ['an unknown setting', 'RUN_WORKFLOW_TASK: { concurency: 3 }', 'RUN_WORKFLOW_TASK.concurency: Unknown key'],
  ['a key of JavaScript’s own', '__proto__: { paused: true }', '__proto__: Unknown key'],
  ['a figure in quotes', 'RUN_WORKFLOW_TASK: { attempts: "3" }', 'RUN_WORKFLOW_TASK.attempts: must be a whole number'],
  ['a YAML 1.1 boolean', 'RUN_WORKFLOW_TASK: { paused: yes }', 'RUN_WORKFLOW_TASK.paused: must be true or false'],
])('refused: %s', (_name, text, problem) => {
  const parsed = parseSettings(text);
  expect(parsed.ok ? [] : parsed.problems).toEqual([expect.stringContaining(problem)]);
});

test('every fault is told, up to ten, and none repeats a value', () => {
  const faults = Array.from({ length: 12 }, (_, at) => `UNKNOWN_${at}: canary-value`);
  const parsed = parseSettings(['RUN_WORKFLOW_TASK: { paused: canary-value }', ...faults].join('\n'));
  const problems = parsed.ok ? [] : parsed.problems;
  expect(problems).toHaveLength(11);
  expect(problems.at(-1)).toBe('and 3 more');
  expect(problems.join()).not.toContain('canary-value');
});

test('a document is told apart by its text', () => {
  expect(hashOf('')).toBe('e3b0c44298fc');
  expect(hashOf('a')).not.toBe(hashOf('a '));
});
