import { systemWorld } from '@story-tasks/contracts';
import { createLogger, hashOf, LiveSettings, Metrics } from '@story-tasks/runtime';
import { connectKubernetes, statusOf } from '@story-tasks/runtime/kubernetes';
import { FakeApiServer } from '@story-tasks/runtime/kubernetes/test';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SettingsEvents } from './settingsEvents.ts';

const path = '/api/v1/namespaces/stories/configmaps/operations';
const logger = createLogger('test', 'silent');
const good = 'RUN_WORKFLOW_TASK: { concurrency: 3 }';
const wrong = 'RUN_WORKFLOW_TASK: { concurrency: many }';

let server: FakeApiServer;
let tell: (text: string) => void;
let live: LiveSettings;
let leads: boolean;
let events: SettingsEvents;

beforeEach(async () => {
  server = await FakeApiServer.start();
  let told: Parameters<NonNullable<LiveSettingsSource>['watch']>[0] = () => undefined;
  const source = {
    name: 'test',
    watch: (to: typeof told) => {
      told = to;
      return { stop: () => undefined };
    },
  };
  live = new LiveSettings({ source, metrics: new Metrics(), logger, clock: systemWorld.clock });
  const started = live.start();
  tell = (text) => {
    server.set(path, { data: { 'operations.yaml': text } });
    told({ found: true, text });
  };
  tell('');
  await started;
  leads = true;
  events = newEvents();
});
afterEach(() => server.stop());

type LiveSettingsSource = ConstructorParameters<typeof LiveSettings>[0]['source'];

function newEvents(): SettingsEvents {
  const { core } = connectKubernetes(server.config());
  const of = { namespace: 'stories', name: 'operations' };
  return new SettingsEvents({ core, ...of, live, isLeader: () => leads, clock: systemWorld.clock, logger, statusOf });
}
const made = () => server.list('/api/v1/namespaces/stories/events');
const reasons = () => made().map(({ reason }) => reason);

test('a refused document is one warning at its ConfigMap, with what is wrong and what stays', async () => {
  tell(good);
  tell(wrong);
  for (let again = 0; again < 3; again += 1) await events.tick();
  const [event] = made().filter(({ reason }) => reason === 'SettingsRejected');
  const metadata = server.get(path)?.metadata;
  expect(event).toMatchObject({
    type: 'Warning',
    involvedObject: { kind: 'ConfigMap', namespace: 'stories', name: 'operations', uid: metadata?.['uid'] },
  });
  expect(event?.['message']).toBe(
    `Refused whole; ${hashOf(good)} stays in force.\nRUN_WORKFLOW_TASK.concurrency: must be a whole number from 1 to 100`,
  );
  expect(reasons()).toHaveLength(2);
});

test('a change is one normal Event with its hash; the settings at the start are none', async () => {
  await events.tick();
  expect(made()).toEqual([]);
  tell(good);
  await events.tick();
  await events.tick();
  expect(made()).toMatchObject([
    { type: 'Normal', reason: 'SettingsApplied', message: expect.stringContaining(hashOf(good)) },
  ]);
});

test('the same mistake made again later is told again', async () => {
  for (const text of [wrong, good, wrong]) {
    tell(text);
    await events.tick();
  }
  expect(reasons()).toEqual(['SettingsRejected', 'SettingsApplied', 'SettingsRejected']);
});

test('whoever does not lead tells nothing; whoever leads next tells it once', async () => {
  const next = newEvents();
  leads = false;
  tell(wrong);
  await events.tick();
  expect(made()).toEqual([]);
  leads = true;
  await events.tick();
  await next.tick();
  expect(reasons()).toEqual(['SettingsRejected']);
});

test('what could not be told is told at a later tick', async () => {
  tell(wrong);
  server.intercept = () => ({ status: 429 });
  await events.tick();
  server.intercept = () => undefined;
  await events.tick();
  expect(reasons()).toEqual(['SettingsRejected']);
});

test('of a ConfigMap that is gone there is nothing to tell', async () => {
  tell(wrong);
  server.delete(path);
  await events.tick();
  await events.tick();
  expect(made()).toEqual([]);
  expect(server.requests).toHaveLength(1);
});
