/** The whole system as the suite runs it: one API, two workers, an operator, each behind links of its own. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '@story-tasks/contracts/test';
import type { Part } from '@story-tasks/dev/parts';
import { freePort } from '@story-tasks/supabase/lite';
import type { Link } from '../links/link.ts';
import type { StoreCall } from '../links/storeCall.ts';
import { StoreLink } from '../links/storeLink.ts';
import { TcpLink } from '../links/tcpLink.ts';
import { type Canaries, newCanaries } from './canaries.ts';
import { type Platform, startPlatform } from './platform.ts';
import { Supervised } from './supervised.ts';

/** Short, so that a takeover takes seconds; long enough for two busy cores. */
export const leaseMs = 2_000;
export const tickMs = 500;

/** The defaults, for all operations. */
const noSettings = '{}\n';

export interface System {
  readonly platform: Platform;
  readonly canaries: Canaries;
  readonly apiUrl: string;
  readonly api: Supervised;
  readonly workers: readonly [Supervised, Supervised];
  readonly operator: Supervised;
  readonly parts: readonly Supervised[];
  readonly links: readonly Link[];
  /** Every call to the store, in the order in which they were sent on. */
  readonly calls: readonly StoreCall[];
  readonly dir: string;
  /** The settings of operations, that all parts watch. */
  readonly operationsFile: string;
  /** What the processes wrote since this was last asked. */
  newLogs(): Promise<string>;
  /** Chances on the links go on from this seed, so that a round alone has those it had among others. */
  reseed(seed: number): void;
  /** Ends all faults, and starts what is not running. */
  heal(): Promise<void>;
  /** @param options `keep`: the logs and the state stay where they are */
  stop(options?: { keep: boolean }): Promise<void>;
}

export async function startSystem(seed: number): Promise<System> {
  const stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-faults-'));
  try {
    return await build(dir, seed, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function build(dir: string, seed: number, stack: AsyncDisposableStack): Promise<System> {
  let draw = seeded(seed);
  const random = () => draw();
  const canaries = newCanaries();
  const platform = await startPlatform(dir, canaries, random, stack);
  const calls: StoreCall[] = [];
  const operationsFile = join(dir, 'operations.yaml');
  await writeFile(operationsFile, noSettings);
  const apiPort = await freePort();
  const make = partMaker({ platform, canaries, dir, operationsFile, calls, random, stack });
  const api = await make('api', 'api', { PORT: String(apiPort), HOST: '127.0.0.1' });
  const workers = [await make('worker-a', 'worker'), await make('worker-b', 'worker')] as const;
  const operator = await make('operator', 'operator', { RECONCILE_SECONDS: String(tickMs / 1_000) });
  const parts = [api, ...workers, operator];
  await Promise.all(parts.map((part) => part.start()));
  const links = [...parts.flatMap((part) => part.allLinks), platform.database];
  return {
    ...{ platform, canaries, api, workers, operator, parts, links, calls, dir, operationsFile },
    apiUrl: `http://127.0.0.1:${apiPort}`,
    newLogs: newLogsIn(join(dir, 'logs')),
    reseed: (own) => {
      draw = seeded(own);
    },
    heal: async () => {
      await writeFile(operationsFile, noSettings);
      await heal(platform, parts, links);
    },
    stop: (options) => stop(stack, dir, options?.keep ?? false),
  };
}

interface Making {
  readonly platform: Platform;
  readonly canaries: Canaries;
  readonly dir: string;
  readonly operationsFile: string;
  readonly calls: StoreCall[];
  readonly random: () => number;
  readonly stack: AsyncDisposableStack;
}

/** Links first, since a part is told their ports. */
function partMaker({ platform, canaries, dir, operationsFile, calls, random, stack }: Making) {
  const open = async <L extends Link>(starting: Promise<L>): Promise<L> => {
    const link = await starting;
    stack.defer(() => link.close());
    return link;
  };
  return async (name: string, part: Part, own: Readonly<Record<string, string>> = {}): Promise<Supervised> => {
    const tcp = (what: string, target: number) => open(TcpLink.start(`${name}-${what}`, () => target, random));
    const redis = await tcp('redis', platform.redisPort);
    const model = part === 'worker' ? await tcp('model', platform.model.port) : undefined;
    const store = await open(
      StoreLink.start(`${name}-store`, platform.gateway.url, random, (call) => calls.push(call)),
    );
    const env = {
      REDIS_URL: `redis://:${canaries.redisPassword}@127.0.0.1:${redis.port}`,
      SUPABASE_URL: `http://127.0.0.1:${store.port}`,
      SUPABASE_SECRET_KEY: platform.gateway.secretKey,
      BUNDLE_STORE: `dir:${join(dir, 'bundles')}`,
      OPERATIONS_FILE: operationsFile,
      OPS_HOST: '127.0.0.1',
      POD_NAME: name,
      ...(model === undefined ? {} : workerEnvironment(model.port, canaries.modelKey)),
      ...own,
    };
    const made = new Supervised(name, part, { redis, store, model }, env, join(dir, 'logs'));
    stack.defer(async () => {
      await made.kill();
    });
    return made;
  };
}

function workerEnvironment(modelPort: number, key: string): Record<string, string> {
  return {
    LEASE_SECONDS: String(leaseMs / 1_000),
    DRAIN_SECONDS: '2',
    LLM_PROVIDER: 'openai-compatible',
    LLM_MODEL: 'fault-model',
    LLM_BASE_URL: `http://127.0.0.1:${modelPort}/v1`,
    LLM_API_KEY: key,
    LLM_TIMEOUT_SECONDS: '3',
  };
}

/** What was started otherwise than the plain way is started anew. */
async function heal(platform: Platform, parts: readonly Supervised[], links: readonly Link[]): Promise<void> {
  for (const link of links) {
    link.tap = undefined;
    link.heal();
  }
  platform.model.heal();
  await platform.startRedis();
  await Promise.all(
    parts.map(async (part) => {
      if (part.running) part.process.thaw();
      if (part.altered) await part.kill();
      await part.start();
    }),
  );
}

function newLogsIn(folder: string): () => Promise<string> {
  const seen = new Map<string, number>();
  const news = async (file: string): Promise<string> => {
    const text = await readFile(join(folder, file));
    const from = seen.get(file) ?? 0;
    seen.set(file, text.length);
    return text.subarray(from).toString();
  };
  return async () => (await Promise.all((await readdir(folder)).map(news))).join('\n');
}

async function stop(stack: AsyncDisposableStack, dir: string, keep: boolean): Promise<void> {
  await stack.disposeAsync();
  if (!keep) await rm(dir, { recursive: true, force: true });
}
