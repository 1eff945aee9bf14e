/** The alerts, by Prometheus' own tool: they fire on the series that they are for, and stay silent on all others. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { chartDir } from './helm.ts';

const promtool = (...args: string[]) => promisify(execFile)('promtool', args);

test('Prometheus takes the rules', async () => {
  const { stdout } = await promtool('check', 'rules', `${chartDir}/alerts/story-tasks.yaml`);
  expect(stdout).toMatch(/SUCCESS: [1-9]\d* rules found/);
});

test('each alert fires on what it is for', async () => {
  const { stdout } = await promtool('test', 'rules', fileURLToPath(new URL('alerts.test.yaml', import.meta.url)));
  expect(stdout).toContain('SUCCESS');
});
