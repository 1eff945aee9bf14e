import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '@story-tasks/supabase/lite';
import { afterEach, expect, test } from 'vitest';

const main = new URL('../src/dev.ts', import.meta.url).pathname;
/** Less than a start waits for a part to be ready: who waits that long did not notice that the part had ended. */
const promptMs = 25_000;
const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map(stop));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'story-tasks-dev-'));
  folders.push(folder);
  return folder;
}

function startDev(stateDir: string, apiPort: number, more: Record<string, string> = {}): ChildProcess {
  const env = { ...process.env, STATE_DIR: stateDir, API_PORT: String(apiPort), ...more };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGINT');
    await once(child, 'exit');
  }
  return child.exitCode;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

const answers = (url: string) =>
  fetch(`${url}/api/nothing`).then(
    (response) => response.status,
    () => null,
  );

test('two starts with their own folder and port run side by side, and Ctrl-C stops all of one', async () => {
  const ports = [await freePort(), await freePort()];
  const [one, two] = await Promise.all(ports.map(async (port) => startDev(await newFolder(), port)));
  if (!one || !two) throw new Error('not started');
  expect(await Promise.all([firstLine(one), firstLine(two)])).toEqual(
    ports.map((port) => `ready http://127.0.0.1:${port}`),
  );
  expect(await stop(one)).toBe(0);
  expect(await answers(`http://127.0.0.1:${ports[0]}`)).toBeNull();
  expect(await answers(`http://127.0.0.1:${ports[1]}`)).toBe(404);
});

test('a folder in use is refused in words, and the start that has it goes on', async () => {
  const [folder, port] = [await newFolder(), await freePort()];
  const first = startDev(folder, port);
  await firstLine(first);
  const second = startDev(folder, await freePort());
  const words = second.stderr?.toArray() ?? Promise.resolve([]);
  const [code] = (await once(second, 'exit')) as [number];
  expect(code).toBe(1);
  expect(String(await words)).toContain(`in use by process ${first.pid}`);
  expect(await answers(`http://127.0.0.1:${port}`)).toBe(404);
});

test('what a start that was killed outright left running is ended by the next one', async () => {
  const [folder, port] = [await newFolder(), await freePort()];
  const killed = startDev(folder, port);
  await firstLine(killed);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect(await answers(`http://127.0.0.1:${port}`)).toBe(404);
  const next = startDev(folder, port);
  expect(await firstLine(next)).toBe(`ready http://127.0.0.1:${port}`);
  expect(await stop(next)).toBe(0);
  expect(await answers(`http://127.0.0.1:${port}`)).toBeNull();
});

test('a port that is taken is refused in words', async () => {
  const port = await freePort();
  await firstLine(startDev(await newFolder(), port));
  const second = startDev(await newFolder(), port);
  const words = second.stderr?.toArray() ?? Promise.resolve([]);
  const [code] = (await once(second, 'exit')) as [number];
  expect(code).toBe(1);
  expect(String(await words)).toContain(`Port ${port} is taken. Set API_PORT`);
});

test('a setting of the worker that does not fit is told by its name, and ends the start at once', async () => {
  const child = startDev(await newFolder(), await freePort(), { LLM_PROVIDER: 'nonsense' });
  const words = child.stderr?.toArray() ?? Promise.resolve([]);
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(promptMs) })) as [number];
  expect(code).toBe(1);
  expect(String(await words)).toContain('LLM_PROVIDER: Invalid option');
});

test('a start that is interrupted ends by itself and leaves its folder free', async () => {
  const [folder, port] = [await newFolder(), await freePort()];
  const child = startDev(folder, port);
  if (!child.stderr) throw new Error('no output');
  const firstService = once(createInterface(child.stderr), 'line');
  await firstService;
  expect(await stop(child)).toBe(0);
  expect(existsSync(join(folder, 'lock'))).toBe(false);
  expect(await answers(`http://127.0.0.1:${port}`)).toBeNull();
});
