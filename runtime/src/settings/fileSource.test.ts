import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemWorld } from '@story-tasks/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileSource } from './fileSource.ts';
import type { SettingsLook } from './settingsSource.ts';

const within2s = { timeout: 2_000, interval: 10 };
let dir: string;
let path: string;
let told: string[];
let watching: { stop(): void } | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-settings-'));
  path = join(dir, 'operations.yaml');
  told = [];
});
afterEach(async () => {
  watching?.stop();
  await rm(dir, { recursive: true, force: true });
});

function start(lookEveryMs?: number): void {
  const tell = (look: SettingsLook) => told.push(look.found ? look.text : look.missing);
  watching = fileSource({ path, clock: systemWorld.clock, ...(lookEveryMs ? { lookEveryMs } : {}) }).watch(tell);
}
const latest = () => told.at(-1);
const isTold = (text: string) => expect.poll(latest, within2s).toBe(text);

/** As long as no look comes by itself, what is told was noticed. */
const never = 3_600_000;

test('a file is told at the start, when it is written, replaced, removed and there again', async () => {
  await writeFile(path, 'a');
  start(never);
  await isTold('a');
  await writeFile(path, 'b');
  await isTold('b');
  await writeFile(join(dir, 'new'), 'c');
  await rename(join(dir, 'new'), path);
  await isTold('c');
  await rm(path);
  await isTold(`${path} cannot be read (ENOENT)`);
  await writeFile(path, 'd');
  await isTold('d');
});

test('a link that turns to another folder, as in the volume of a ConfigMap, is followed', async () => {
  for (const version of ['1', '2']) {
    await mkdir(join(dir, version));
    await writeFile(join(dir, version, 'operations.yaml'), `version ${version}`);
  }
  await symlink('1', join(dir, '..data'));
  await symlink('..data/operations.yaml', path);
  start(never);
  await isTold('version 1');
  await symlink('2', join(dir, '..data_tmp'));
  await rename(join(dir, '..data_tmp'), join(dir, '..data'));
  await isTold('version 2');
});

test('a folder that comes later, goes and comes again is found by looking', async () => {
  path = join(dir, 'later', 'operations.yaml');
  start();
  await isTold(`${path} cannot be read (ENOENT)`);
  for (const text of ['a', 'b']) {
    await mkdir(join(dir, 'later'));
    await writeFile(path, text);
    await isTold(text);
    await rm(join(dir, 'later'), { recursive: true });
    await isTold(`${path} cannot be read (ENOENT)`);
  }
});

test('a document that is written in pieces is told when it is whole, and never empty', async () => {
  await writeFile(path, 'before');
  start();
  await isTold('before');
  await writeFile(path, '');
  for (const piece of ['a', 'ab', 'abc']) {
    // The writer's own pace, quicker than what is taken for its end.
    await sleep(40);
    await writeFile(path, piece);
  }
  await isTold('abc');
  expect(told).toEqual(['before', 'abc']);
});
