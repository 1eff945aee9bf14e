import { VirtualClock } from '@story-tasks/contracts/test';
import { beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../logger.ts';
import { Metrics } from '../metrics/metrics.ts';
import { LiveSettings } from './liveSettings.ts';
import { hashOf } from './parseSettings.ts';
import type { SettingsLook, SettingsSource } from './settingsSource.ts';

let tell: (look: SettingsLook) => void;
let clock: VirtualClock;
let metrics: Metrics;
let live: LiveSettings;
let stopped: boolean;
const logger = createLogger('test', 'silent');
const warned = vi.spyOn(logger, 'warn');

const source: SettingsSource = {
  name: 'test',
  watch(told) {
    tell = told;
    return {
      stop: () => {
        stopped = true;
      },
    };
  },
};

beforeEach(async () => {
  warned.mockClear();
  stopped = false;
  clock = new VirtualClock();
  metrics = new Metrics();
  live = new LiveSettings({ source, workerConcurrency: 2, metrics, logger, clock });
  const started = live.start();
  await clock.pass(3_000);
  await started;
  warned.mockClear();
});

const found = (text: string) => tell({ found: true, text });
const gone = () => tell({ found: false, missing: 'it was deleted' });
const three = 'RUN_WORKFLOW_TASK: { concurrency: 3 }';
const four = 'RUN_WORKFLOW_TASK: { concurrency: 4 }';
const wrong = 'RUN_WORKFLOW_TASK: { concurrency: three }';
const concurrency = () => live.current().settings.RUN_WORKFLOW_TASK.concurrency;
const exposed = async (name: string) =>
  (await metrics.expose()).text.split('\n').filter((line) => line.startsWith(name));

test('a process that cannot look starts with the defaults, which it does not take for what is wanted', async () => {
  expect(live.current()).toMatchObject({ hash: 'none', known: false });
  expect(concurrency()).toBe(2);
  expect(await exposed('story_tasks_config_info')).toEqual(['story_tasks_config_info{hash="none"} 1']);
});

test('without a source the defaults are what is wanted', async () => {
  const alone = new LiveSettings({ source: null, metrics: new Metrics(), logger, clock });
  await alone.start();
  expect(alone.current()).toMatchObject({ hash: 'none', known: true });
});

test('the first look ends the start', async () => {
  const next = new LiveSettings({ source, metrics: new Metrics(), logger, clock });
  const started = next.start();
  found(three);
  await started;
  expect(next.current()).toMatchObject({ hash: hashOf(three), known: true });
  expect(clock.waiting).toBe(0);
});

test('a change is told at once, once, to each listener, whatever another one does', async () => {
  const told: string[] = [];
  live.subscribe(() => {
    throw new Error('a fault of its own');
  });
  const end = live.subscribe(({ hash }) => told.push(hash));
  found(three);
  found(three);
  found(four);
  end();
  found(three);
  expect(told).toEqual([hashOf(three), hashOf(four)]);
  expect(concurrency()).toBe(3);
  expect(await exposed('story_tasks_config_info')).toEqual([`story_tasks_config_info{hash="${hashOf(three)}"} 1`]);
});

test('a refused document leaves the last good one, and is counted, logged and told once', async () => {
  const told: string[] = [];
  live.onRejected(({ hash }) => told.push(hash));
  found(three);
  for (let again = 0; again < 3; again += 1) found(wrong);
  expect(concurrency()).toBe(3);
  expect(live.rejected()).toMatchObject({ hash: hashOf(wrong), problems: [expect.stringContaining('concurrency')] });
  expect(told).toEqual([hashOf(wrong)]);
  expect(warned).toHaveBeenCalledTimes(1);
  expect(await exposed('story_tasks_config_rejected_total')).toEqual(['story_tasks_config_rejected_total 1']);
  found(four);
  expect(live.rejected()).toBe(null);
  expect(concurrency()).toBe(4);
});

test('the last good document, written again after a refused one, is accepted and changes nothing', () => {
  found(three);
  found(wrong);
  const told: string[] = [];
  live.subscribe(({ hash }) => told.push(hash));
  found(three);
  expect(live.rejected()).toBe(null);
  expect(told).toEqual([]);
});

test('a document that is gone leaves the last good one, and is logged once', () => {
  found(three);
  gone();
  gone();
  expect(concurrency()).toBe(3);
  expect(live.current().known).toBe(true);
  expect(warned).toHaveBeenCalledTimes(1);
  found(four);
  gone();
  expect(warned).toHaveBeenCalledTimes(2);
});

test('a start with no good document keeps the defaults, and knows that they are none that anybody wanted', () => {
  found(wrong);
  gone();
  expect(live.current()).toMatchObject({ hash: 'none', known: false });
});

test('stopped, it watches no more', () => {
  live.stop();
  expect(stopped).toBe(true);
});
