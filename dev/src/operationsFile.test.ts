import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsDocumentSchema } from '@story-tasks/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareOperationsFile } from './operationsFile.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-operations-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('the first start makes an example that changes nothing, and names every setting', async () => {
  const text = await readFile(await prepareOperationsFile(dir), 'utf8');
  const lines = text.trimEnd().split('\n');
  expect(lines.every((line) => line.startsWith('#'))).toBe(true);
  const { RUN_WORKFLOW_TASK: part } = settingsDocumentSchema.shape;
  for (const field of Object.keys(part.unwrap().shape)) expect(text).toContain(`${field}:`);
});

test('a later start leaves it as it was edited', async () => {
  await writeFile(await prepareOperationsFile(dir), '{}');
  expect(await readFile(await prepareOperationsFile(dir), 'utf8')).toBe('{}');
});
