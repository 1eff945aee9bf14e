/** The Lease over HTTP, at a tenth of the durations that are used: what a Kubernetes API answers, and what it may fail to. */
import { systemWorld } from '@story-tasks/contracts';
import { createLogger, type Logger } from '@story-tasks/runtime';
import { connectKubernetes } from '@story-tasks/runtime/kubernetes';
import { FakeApiServer } from '@story-tasks/runtime/kubernetes/test';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LeaseLeadership } from './leaseLeadership.ts';
import { kubernetesLeases } from './leases.ts';

const path = '/apis/coordination.k8s.io/v1/namespaces/n/leases/operator';
let server: FakeApiServer;
let contenders: LeaseLeadership[];
beforeEach(async () => {
  server = await FakeApiServer.start();
  contenders = [];
});
afterEach(async () => {
  server.intercept = () => undefined;
  await Promise.all(contenders.map((contender) => contender.stop()));
  await server.stop();
});

const silent = createLogger('test', 'silent');
const leases = () => kubernetesLeases(connectKubernetes(server.config()), 'n', 'operator', Date.now);

function contender(identity: string, logger: Logger = silent): LeaseLeadership {
  const leadership = new LeaseLeadership({
    leases: leases(),
    identity,
    leaseSeconds: 1,
    renewSeconds: 0.6,
    retrySeconds: 0.2,
    world: systemWorld,
    logger,
  });
  contenders.push(leadership);
  return leadership.start();
}

const specOf = () => server.get(path)?.['spec'] as Record<string, unknown> | undefined;

test('two that start together make one Lease and one leader; when it ends, the other leads at once', async () => {
  const [first, second] = [contender('a'), contender('b')];
  await expect.poll(() => [first, second].filter((each) => each.isLeader()).length).toBe(1);
  const [leader, standby] = first.isLeader() ? [first, second] : [second, first];
  const epoch = leader.epoch() ?? Number.NaN;
  expect(specOf()).toMatchObject({
    leaseDurationSeconds: 1,
    leaseTransitions: epoch,
    renewTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  });
  await leader.stop();
  await expect.poll(() => standby.epoch()).toBe(epoch + 1);
});

test('what others wrote on the Lease stays, and one that somebody else changed is looked at again', async () => {
  const before = server.set(path, {
    metadata: { labels: { team: 'night' } },
    spec: { holderIdentity: '', leaseTransitions: 41 },
  });
  const mine = leases();
  const seen = await mine.read();
  if (seen === null) throw new Error('there is a Lease');
  server.set(path, { ...before, spec: { holderIdentity: 'c', leaseTransitions: 42, leaseDurationSeconds: 1 } });
  expect(await mine.replace(seen, { holder: 'a', durationSeconds: 1, transitions: 42 })).toBe(null);
  const leadership = contender('a');
  await expect.poll(() => leadership.epoch(), { timeout: 3_000 }).toBe(43);
  expect(server.get(path)?.metadata.labels).toEqual({ team: 'night' });
});

test('a holder that renews is never taken over, though its renewals are another machine’s', async () => {
  const leader = contender('a');
  await expect.poll(() => leader.isLeader()).toBe(true);
  const standby = contender('b');
  const reads = () => server.requests.filter(({ method }) => method === 'GET').length;
  const before = reads();
  await expect.poll(() => reads() - before, { timeout: 10_000 }).toBeGreaterThan(30);
  expect([leader.isLeader(), standby.isLeader()]).toEqual([true, false]);
});

test.each(['hang', 'reset', { status: 429 }, { status: 503 }] as const)(
  'a leader whose API server fails by %o leads no more, and leads on when it is back',
  async (fault) => {
    const leader = contender('a');
    await expect.poll(() => leader.isLeader()).toBe(true);
    server.intercept = () => fault;
    await expect.poll(() => leader.isLeader(), { timeout: 2_000 }).toBe(false);
    server.intercept = () => undefined;
    await expect.poll(() => leader.isLeader(), { timeout: 8_000 }).toBe(true);
  },
);

test('a permission that is missing is told once, by its verb', async () => {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  server.intercept = ({ method }) => (method === 'POST' ? { status: 403 } : undefined);
  contender('a', logger);
  const tries = () => server.requests.filter(({ method }) => method === 'POST').length;
  await expect.poll(tries, { timeout: 3_000 }).toBeGreaterThan(2);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('not allowed to create leases: see docs/rbac.md');
});
