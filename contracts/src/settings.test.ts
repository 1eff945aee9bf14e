import { expect, test } from 'vitest';
import { fieldErrors } from './api.ts';
import { settingsDocumentSchema, settingsOf } from './settings.ts';

const left = {
  concurrency: 1,
  globalConcurrency: null,
  attempts: 1,
  timeoutSeconds: 1800,
  rateLimit: null,
  paused: false,
};
const all = {
  concurrency: 3,
  globalConcurrency: 20,
  attempts: 4,
  timeoutSeconds: 60,
  rateLimit: { max: 60, perSeconds: 30 },
  paused: true,
};

test.each([
  ['nothing is said: the registry’s defaults', {}, undefined, left],
  ['the process’s own concurrency comes before the registry’s', {}, 5, { ...left, concurrency: 5 }],
  ['the document comes before the process’s own', { concurrency: 2 }, 5, { ...left, concurrency: 2 }],
  ['each field falls back by itself', { attempts: 3 }, 5, { ...left, concurrency: 5, attempts: 3 }],
  ['all is said', all, 5, all],
])('settings: %s', (_name, said, workerConcurrency, expected) => {
  const document = settingsDocumentSchema.parse({ RUN_WORKFLOW_TASK: said });
  const settings = settingsOf(document, workerConcurrency);
  expect(settings.RUN_WORKFLOW_TASK).toEqual(expected);
  expect(settings.BUILD_PLAYER_BUNDLE).toEqual({ ...left, concurrency: workerConcurrency ?? 1 });
});

const whole = (most: number) => `must be a whole number from 1 to ${most}`;
const fields = 'concurrency, globalConcurrency, attempts, timeoutSeconds, rateLimit, paused';

test.each([
  ['concurrency', 0, '', whole(100)],
  ['concurrency', 101, '', whole(100)],
  ['concurrency', '3', '', whole(100)],
  ['concurrency', null, '', whole(100)],
  ['globalConcurrency', 10_001, '', whole(10_000)],
  ['attempts', 1.5, '', whole(100)],
  ['timeoutSeconds', 86_401, '', whole(86_400)],
  ['paused', 'yes', '', 'must be true or false'],
  ['rateLimit', 60, '', 'must be a mapping of max, perSeconds'],
  ['rateLimit', { max: 60 }, '.perSeconds', whole(86_400)],
  ['rateLimit', { max: 1, perSeconds: 1, burst: 2 }, '.burst', 'Unknown key'],
  ['concurency', 3, '', 'Unknown key'],
])('refused: %s: %j', (field, value, deeper, message) => {
  const parsed = settingsDocumentSchema.safeParse({ BUILD_PLAYER_BUNDLE: { [field]: value } });
  expect(parsed.success).toBe(false);
  if (parsed.success) return;
  expect(fieldErrors(parsed.error)).toEqual([{ path: `BUILD_PLAYER_BUNDLE.${field}${deeper}`, message }]);
});

test.each([
  [{ BUILD_BUNDLE: {} }, { path: 'BUILD_BUNDLE', message: 'Unknown key' }],
  [{ BUILD_PLAYER_BUNDLE: 3 }, { path: 'BUILD_PLAYER_BUNDLE', message: `must be a mapping of ${fields}` }],
  [[], { path: '', message: 'must be a mapping of RUN_WORKFLOW_TASK, REGENERATE_CONSTITUTION, BUILD_PLAYER_BUNDLE' }],
])('refused: %j', (document, fault) => {
  const parsed = settingsDocumentSchema.safeParse(document);
  expect(parsed.success ? [] : fieldErrors(parsed.error)).toEqual([fault]);
});
