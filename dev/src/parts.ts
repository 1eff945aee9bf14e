/** One part of the system as a process: the entry point, settings and signals that it has in a cluster. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort, withoutModelSettings } from '@story-tasks/supabase/lite';
import { type StartedProcess, startProcess } from './processes.ts';

export type Part = 'api' | 'worker' | 'operator';
const mainOf = (part: Part) => fileURLToPath(new URL(`../../${part}/src/main.ts`, import.meta.url));

const readyTimeoutMs = 30_000;

export interface StartedPart extends StartedProcess {
  readonly opsUrl: string;
}

export interface PartOptions {
  readonly part: Part;
  /** Besides what the part has of this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder of its log. */
  readonly logs: string;
  /** Names the log; the part's name when absent. */
  readonly name?: string;
  /** For Node itself, before the entry point. */
  readonly nodeArgs?: readonly string[];
}

/** Starts a part, and waits until it is ready. @throws Error with the part's last words when it ends before that */
export async function startPart({ part, env, logs, name = part, nodeArgs = [] }: PartOptions): Promise<StartedPart> {
  const opsPort = await freePort();
  const started = await startProcess({
    name,
    command: process.execPath,
    args: [...nodeArgs, mainOf(part)],
    env: { ...(part === 'worker' ? process.env : withoutModelSettings()), ...env, OPS_PORT: String(opsPort) },
    logFile: join(logs, `${name}.log`),
  });
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  const asking = new AbortController();
  try {
    await Promise.race([answers(`${opsUrl}/readyz`, asking.signal), started.failure]);
  } catch (error) {
    await started.stop();
    throw error;
  } finally {
    // A part that ended is asked no more: the timers would keep this process alive.
    asking.abort();
  }
  return { ...started, opsUrl };
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  while (Date.now() < deadline && !signal.aborted) {
    const ready = await fetch(url, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await sleep(50, undefined, { signal }).catch(() => undefined);
  }
  if (!signal.aborted) throw new Error(`${url} did not answer within ${readyTimeoutMs / 1000} s.`);
}
