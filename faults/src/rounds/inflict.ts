/** A plan's faults, each begun and ended at its time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreLink } from '../links/storeLink.ts';
import type { System } from '../system/system.ts';
import type { Random } from './draw.ts';
import type { Fault, PlannedFault } from './plan.ts';
import type { Round } from './round.ts';

/** Takes back what a fault did, as far as its end is a moment of its own. */
type Ending = () => void | Promise<void>;

export async function inflict(round: Round, planned: PlannedFault, random: Random): Promise<void> {
  await sleep(planned.atMs);
  const end = await begin(round, planned.fault, random);
  await sleep(planned.forMs);
  await end();
}

async function begin(round: Round, fault: Fault, random: Random): Promise<Ending> {
  const { system } = round;
  switch (fault.kind) {
    case 'link':
      linkOf(system, fault.link).suffer(fault.faults);
      return () => linkOf(system, fault.link).suffer({});
    case 'cut':
      linkOf(system, fault.link).cut();
      return () => undefined;
    case 'calls':
      return failCalls(system, fault.link, () => (random() < fault.chance ? fault.fault : 'none'));
    case 'pub/sub':
      return cutSubscription(system, fault.worker);
    case 'model':
      system.platform.model.chooseFault = () => fault.fault;
      return () => system.platform.model.heal();
    case 'kill':
    case 'freeze':
    case 'stop':
      return strike(round, fault.kind, fault.part);
    default:
      return strikePlatform(system, fault.kind);
  }
}

function linkOf({ links }: System, name: string) {
  const link = links.find((each) => each.name === name);
  if (link === undefined) throw new Error(`there is no link ${name}`);
  return link;
}

function failCalls(system: System, name: string, choose: StoreLink['chooseFault']): Ending {
  const link = linkOf(system, name);
  if (!(link instanceof StoreLink)) throw new Error(`${name} carries no calls`);
  link.chooseFault = choose;
  return () => {
    link.chooseFault = () => 'none';
  };
}

function cutSubscription({ workers }: System, worker: 0 | 1): Ending {
  workers[worker].links.redis.sufferAsSubscriber({ blackHole: true });
  return () => workers[worker].links.redis.sufferAsSubscriber({});
}

async function strike(round: Round, kind: 'kill' | 'freeze' | 'stop', name: string): Promise<Ending> {
  const part = round.system.parts.find((each) => each.name === name);
  if (part === undefined) throw new Error(`there is no part ${name}`);
  // Another fault has it already.
  if (!part.running) return () => undefined;
  if (kind === 'freeze') return freeze(round, part.process);
  if (kind === 'kill') await part.kill();
  else void part.stop();
  return () => part.start();
}

export function freeze(round: Round, process: { freeze(): void; thaw(): void }): Ending {
  const standstill = { from: Date.now(), to: Number.POSITIVE_INFINITY };
  round.frozen(standstill);
  process.freeze();
  return () => {
    process.thaw();
    // What it does in its first moments may still follow from what it knew before.
    standstill.to = Date.now() + 500;
  };
}

async function strikePlatform(system: System, kind: 'kill redis' | 'flush redis' | 'end sessions'): Promise<Ending> {
  const { platform } = system;
  if (kind === 'kill redis') await platform.killRedis();
  if (kind === 'flush redis') await flush(system);
  if (kind === 'end sessions') await endSessions(system);
  return () => platform.startRedis();
}

/** A Redis that is down has nothing to lose. */
async function flush({ platform }: System): Promise<void> {
  await platform.withRedis((redis) => Promise.race([redis.flushall(), sleep(1_000)]));
}

/** All of the gateway's, as a failover does. */
export async function endSessions({ platform }: System): Promise<void> {
  platform.database.cut();
  await platform.rows(
    'select to_jsonb(pg_terminate_backend(pid)) as row from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $1',
    ['client backend'],
  );
}
