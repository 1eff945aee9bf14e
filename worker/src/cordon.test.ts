import type { WorkerControl, WorkerReport } from '@story-tasks/contracts';
import { VirtualClock } from '@story-tasks/contracts/test';
import { beforeEach, expect, test } from 'vitest';
import { Cordon, type CordonState, decideCordon } from './cordon.ts';

const [first, second] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const ask = (token = first, forMs = 10_000, workerIds = ['us', 'another']): WorkerControl => ({
  command: 'cordon',
  token,
  workerIds,
  forMs,
});
const lift = (workerIds = ['us']): WorkerControl => ({ command: 'uncordon', workerIds });
const standing: CordonState = { token: first, endsAt: 1_500 };

test.each<[string, CordonState | null, WorkerControl, CordonState | null]>([
  ['asked for the first time', null, ask(), { token: first, endsAt: 11_000 }],
  ['asked again', standing, ask(second, 5_000), { token: second, endsAt: 6_000 }],
  ['others are asked', null, ask(first, 10_000, ['another']), null],
  ['others are asked while ours stands', standing, ask(second, 10_000, ['another']), standing],
  ['lifted', standing, lift(), null],
  ['lifted for others', standing, lift(['another']), standing],
  ['lifted with none standing', null, lift(), null],
])('cordon: %s', (_name, before, heard, after) => {
  expect(decideCordon(before, heard, 'us', 1_000)).toEqual(after);
});

let clock: VirtualClock;
let idle: boolean;
let reports: WorkerReport[];
let changes: boolean[];
let cordon: Cordon;

beforeEach(() => {
  clock = new VirtualClock();
  idle = false;
  reports = [];
  changes = [];
  cordon = new Cordon({
    workerId: 'us',
    clock,
    isIdle: () => idle,
    report: (report) => reports.push(report),
    onChange: () => changes.push(cordon.active),
  });
});

test('it reports at once, and again only when that changes', () => {
  cordon.hear(ask());
  cordon.workChanged();
  idle = true;
  cordon.workChanged();
  cordon.workChanged();
  expect(reports.map((report) => report.idle)).toEqual([false, true]);
  expect(reports.every(({ token, workerId }) => token === first && workerId === 'us')).toBe(true);
});

test('what its beginning makes idle is reported once, as idle', () => {
  cordon = new Cordon({
    workerId: 'us',
    clock,
    isIdle: () => idle,
    report: (report) => reports.push(report),
    onChange: () => {
      idle = true;
    },
  });
  cordon.hear(ask());
  expect(reports).toEqual([{ token: first, workerId: 'us', idle: true }]);
});

test('asked again under another token, it answers under that one, and lasts from then on', async () => {
  cordon.hear(ask(first, 10_000));
  await clock.pass(9_000);
  cordon.hear(ask(second, 10_000));
  expect(reports.map(({ token }) => token)).toEqual([first, second]);
  await clock.pass(9_999);
  expect(cordon.active).toBe(true);
  await clock.pass(1);
  expect(cordon.active).toBe(false);
  expect(changes).toEqual([true, true, false]);
});

test('lifted, it says nothing more and leaves no timer', () => {
  cordon.hear(ask());
  cordon.hear(lift());
  idle = true;
  cordon.workChanged();
  expect(reports).toHaveLength(1);
  expect(clock.waiting).toBe(0);
});

test('what is said to others changes nothing', () => {
  cordon.hear(ask(first, 10_000, ['another']));
  cordon.hear(lift(['another']));
  expect([changes, reports, clock.waiting]).toEqual([[], [], 0]);
});
