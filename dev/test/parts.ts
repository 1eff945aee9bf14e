/** One process of the system at a time, on a Redis and a store of the test's own, for a test that takes those away. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Operation } from '@story-tasks/contracts';
import { freePort, withoutModelSettings } from '@story-tasks/supabase/lite';
import { type StartedProcess, startProcess } from '../src/processes.ts';

export type PartName = 'api' | 'worker' | 'operator';

export interface Part extends StartedProcess {
  readonly opsUrl: string;
  /** Of the API. */
  readonly url: string;
  /** Everything it wrote. */
  log(): Promise<string>;
}

export interface Parts {
  /** @param nodeOptions of the interpreter */
  start(name: PartName, env: Readonly<Record<string, string>>, nodeOptions?: readonly string[]): Promise<Part>;
  /** Ends all that were started. */
  stop(): Promise<void>;
}

/** @param common variables of all of them */
export async function prepareParts(common: Readonly<Record<string, string>>): Promise<Parts> {
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-parts-'));
  const started: StartedProcess[] = [];
  return {
    async start(name, env, nodeOptions = []) {
      const [port, opsPort] = [await freePort(), await freePort()];
      const logFile = join(dir, `${name}-${opsPort}.log`);
      const main = fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));
      const own = { HOST: '127.0.0.1', PORT: `${port}`, OPS_HOST: '127.0.0.1', OPS_PORT: `${opsPort}` };
      const process_ = await startProcess({
        name,
        command: process.execPath,
        args: [...nodeOptions, main],
        env: { ...withoutModelSettings(), BUNDLE_STORE: `dir:${join(dir, 'bundles')}`, ...own, ...common, ...env },
        logFile,
      });
      started.push(process_);
      const log = () => readFile(logFile, 'utf8');
      return { ...process_, url: `http://127.0.0.1:${port}`, opsUrl: `http://127.0.0.1:${opsPort}`, log };
    },
    async stop() {
      for (const process_ of started) process_.thaw();
      await Promise.all(started.map((process_) => process_.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export interface ProbeAnswer {
  /** 0: none within two seconds. */
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly milliseconds: number;
}

/** Asks as a platform does. */
export async function probe(url: string, limitMs = 2_000): Promise<ProbeAnswer> {
  const startedAt = performance.now();
  const took = () => Math.round(performance.now() - startedAt);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(limitMs), headers: { connection: 'close' } });
    return { status: response.status, body: (await response.json()) as ProbeAnswer['body'], milliseconds: took() };
  } catch {
    return { status: 0, body: {}, milliseconds: took() };
  }
}

/** Asks until the answer is as wanted. @returns that answer @throws Error with the last one when the limit passes */
export async function probeUntil(
  url: string,
  limitMs: number,
  wanted: (answer: ProbeAnswer) => boolean,
): Promise<ProbeAnswer> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await probe(url);
    if (wanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`${url} after ${limitMs} ms: ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}

export interface Calls {
  /** A new story's id. */
  story(): Promise<string>;
  /** A new task's id. */
  task(storyId: string, operation: Operation, options?: Record<string, unknown>): Promise<string>;
  cancel(taskId: string): Promise<unknown>;
  status(taskId: string): Promise<string>;
}

/** The few calls that these tests make of an API. Each throws what was answered when it was no success. */
export function callsTo(api: Pick<Part, 'url'>): Calls {
  const call = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${api.url}/api/${path}`, body === undefined ? {} : post);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  return {
    story: async () => String((await call('stories', { displayName: 'A fox', initialPrompt: 'A fox.' }))['storyId']),
    task: async (storyId, operation, options) =>
      String((await call('story-tasks', { operation, storyId, options }))['taskId']),
    cancel: (taskId) => call(`story-tasks/${taskId}/cancel`, {}),
    status: async (taskId) => ((await call(`story-tasks/${taskId}`))['task'] as { status: string }).status,
  };
}
