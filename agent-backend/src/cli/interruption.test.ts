import { type FakeHost, fakeHost, VirtualClock, virtualWorld } from '@story-tasks/contracts/test';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTaskLogging, defaultBatcherSettings, TaskLog } from '../task-logging/index.ts';
import { ScriptedRepository } from '../task-logging/testing/scriptedRepository.ts';
import { Interruption } from './interruption.ts';

let host: FakeHost;
let clock: VirtualClock;
let log: TaskLog;
let interruption: Interruption;
let told: string[];

beforeEach(() => {
  host = fakeHost();
  clock = new VirtualClock();
  const store = new ScriptedRepository();
  log = new TaskLog(createTaskLogging(store.asRepository, defaultBatcherSettings, virtualWorld(clock)), store.task);
  told = [];
  interruption = new Interruption(host, clock, (message) => told.push(message));
});

const reason = () => log.signal.reason as { code: string } | undefined;

describe('Ctrl-C', () => {
  test.each(['SIGINT', 'SIGTERM'])('by %s cancels the run', (signal) => {
    interruption.watch(log);
    host.signals.emit(signal);
    expect(reason()?.code).toBe('CANCELLED');
    expect([host.exits, told.length]).toEqual([[], 1]);
  });

  test('before the run is there cancels it as soon as it is', () => {
    host.signals.emit('SIGINT');
    expect(log.signal.aborted).toBe(false);
    interruption.watch(log);
    expect(reason()?.code).toBe('CANCELLED');
  });

  test('that arrives twice, from the terminal and through npx, is one', async () => {
    interruption.watch(log);
    host.signals.emit('SIGINT');
    await clock.pass(20);
    host.signals.emit('SIGINT');
    expect(host.exits).toEqual([]);
  });

  test('pressed again ends the process at once', async () => {
    interruption.watch(log);
    host.signals.emit('SIGINT');
    await clock.pass(600);
    host.signals.emit('SIGINT');
    expect(host.exits).toEqual([130]);
  });

  test('after the run is the process’s own business again', () => {
    interruption.end();
    expect(host.signals.eventNames()).toEqual([]);
  });
});
