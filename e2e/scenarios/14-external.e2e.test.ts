/** The release on a Supabase project and a Redis of somebody else, installed as docs/operations.md says. */
import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { externalScenario } from '../src/external.ts';
import type { KubeObject } from '../src/kubectl.ts';
import type { Project } from '../src/project.ts';
import { releaseName } from '../src/release.ts';
import type { System } from '../src/system.ts';
import { timeouts } from '../src/timeouts.ts';

const job = `${releaseName}-migrations`;
const components = ['api', 'worker', 'operator'];

async function versionsOfThisTree(): Promise<string[]> {
  const files = await readdir(new URL('../../supabase/migrations', import.meta.url));
  return files.sort().map((file) => file.slice(0, 14));
}

const allPods = async (system: System) =>
  (await Promise.all(components.map((component) => system.pods(component)))).flat();
const allReadyPods = async (system: System) =>
  (await Promise.all(components.map((component) => system.readyPods(component)))).flat();

async function logsOf(system: System): Promise<string> {
  const pods = await allPods(system);
  const logs = await Promise.all(pods.map(({ metadata }) => system.kubectl.run(['logs', metadata.name])));
  return logs.join('\n');
}

/** As they were written, each with the transaction that wrote it last. */
const record = ({ query }: Project) =>
  query(`select version || ' by ' || xmin from supabase_migrations.schema_migrations order by ctid`);

async function jobsCompleted({ kubectl }: System): Promise<number> {
  const selector = `involvedObject.kind=Job,involvedObject.name=${job},reason=Completed`;
  return (await kubectl.list('events', `--field-selector=${selector}`)).length;
}

const connecting = `
  const socket = require('node:net').connect({ host: process.argv[1], port: process.argv[2], timeout: 2_000 });
  const end = (word) => { console.log(word); process.exit(); };
  socket.on('connect', () => end('reached')).on('timeout', () => end('shut off')).on('error', () => end('shut off'));`;

/** Of an address on which somebody listens, from a pod of the API. */
async function reached({ kubectl }: System, host: string, port: number): Promise<boolean> {
  const words = await kubectl.exec(`deployment/${releaseName}-api`, ['node', '-e', connecting, host, String(port)]);
  return words.trim() === 'reached';
}

async function writesAStory(system: System, name: string): Promise<void> {
  const taskId = await system.constitutionTask(await system.newStory(name));
  expect(await system.ended(taskId)).toMatchObject({ status: 'succeeded', progress: 100 });
}

externalScenario(
  'a Job migrates the project at the installation, again at an upgrade, and one that fails leaves the release at work',
  { namespace: 'story-tasks-e2e-external', timeout: 300_000 },
  async ({ system, project, install }) => {
    await install();
    const recorded = await record(project);
    expect(recorded.map((row) => row.split(' ')[0])).toEqual(await versionsOfThisTree());
    await writesAStory(system, 'On a project');
    // Named as the migrations' alone.
    expect([await reached(system, 'redis', 6379), await reached(system, 'postgres', 5432)]).toEqual([true, false]);

    await install();
    await expect.poll(() => jobsCompleted(system), { timeout: timeouts.soon }).toBe(2);
    expect(await record(project)).toEqual(recorded);

    await project.setPassword('canary-password');
    await expect(install()).rejects.toThrow('pre-upgrade hooks failed');
    const log = await system.kubectl.run(['logs', `job/${job}`]);
    expect(log).toBe('password authentication failed for user "postgres" (28P01)\n');
    await writesAStory(system, 'After an upgrade that failed');
    const logs = await logsOf(system);
    expect(project.secrets.filter((secret) => logs.includes(secret))).toEqual([]);
  },
);

const unmigrated =
  /^The schema is older than any that tells its version, and \d{14} is needed: apply the migrations\.$/;

/** What a pod says of the schema; nothing before it can be asked. */
async function toldOfSchema(system: System, pod: KubeObject): Promise<string> {
  const answer = await system.ops(pod, '/readyz').catch(() => '{}');
  return JSON.parse(answer).why?.schema ?? '';
}

externalScenario(
  'pods are not ready before the schema is there, say what is missing, and need no restart when it comes',
  { namespace: 'story-tasks-e2e-unmigrated', timeout: 300_000 },
  async ({ system, project, install }) => {
    await install({ 'supabase.migrations.mode': 'none' }, { wait: false });
    const running = async () => (await allPods(system)).filter(({ status }) => status.phase === 'Running').length;
    await expect.poll(running, { timeout: timeouts.rollout }).toBe(5);
    const pods = await allPods(system);
    for (const pod of pods)
      await expect.poll(() => toldOfSchema(system, pod), { timeout: timeouts.soon }).toMatch(unmigrated);
    expect(await allReadyPods(system)).toEqual([]);

    await install();
    const ready = await allReadyPods(system);
    expect(ready.map(({ metadata }) => metadata.uid)).toEqual(pods.map(({ metadata }) => metadata.uid));
    expect(ready.map(({ status }) => status.containerStatuses[0].restartCount)).toEqual([0, 0, 0, 0, 0]);
    expect(await record(project)).toHaveLength((await versionsOfThisTree()).length);
  },
);
