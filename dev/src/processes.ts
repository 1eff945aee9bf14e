/** Child processes with a log file each, stopped in order. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** All that it gets. */
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly cleanUp?: (() => Promise<void>) | undefined;
}

export interface StartedProcess {
  readonly pid: number;
  /** Rejects, with the end of its log, when the process ends before it is stopped. */
  readonly failure: Promise<never>;
  stop(): Promise<void>;
  /** Ends the process as a crash does: at once, with nothing handed over. */
  kill(): Promise<void>;
  /** Freezes the process, as a machine does that is out of memory or suspended. */
  freeze(): void;
  thaw(): void;
}

export function commandExists(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

/** How long a process may take to end by itself before it is killed: the worker's drain and a margin. */
const stopTimeoutMs = 28_000;

export async function startProcess(options: ProcessOptions): Promise<StartedProcess> {
  const log = openSync(options.logFile, 'a', 0o600);
  const earlier = fstatSync(log).size;
  // A process group of its own: Ctrl-C in the terminal reaches this process alone, which then stops the rest in order.
  const child = spawn(options.command, options.args, {
    env: options.env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  await once(child, 'spawn');
  let stopping = false;
  const failure = once(child, 'exit').then(async ([code, signal]): Promise<never> => {
    if (stopping) return new Promise(() => undefined);
    const words = await lastWords(options.logFile, earlier);
    throw new Error(
      `${options.name} ended (${signal ?? `exit code ${code}`}). The end of ${options.logFile}:\n${words}`,
    );
  });
  failure.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    failure,
    async stop() {
      stopping = true;
      await stopChild(child);
      await options.cleanUp?.();
    },
    async kill() {
      stopping = true;
      await ended(child, 'SIGKILL');
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

/** The end of what this start wrote; of a structured line, what it says to people. */
async function lastWords(logFile: string, from: number): Promise<string> {
  const log = await readFile(logFile).catch(() => Buffer.alloc(0));
  const lines = log.subarray(from).toString().trimEnd().split('\n').slice(-8);
  return lines.map((line) => messageOf(line) ?? line).join('\n');
}

function messageOf(line: string): string | undefined {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return typeof msg === 'string' ? msg : undefined;
  } catch {
    return undefined;
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  const forced = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended(child, 'SIGTERM');
  clearTimeout(forced);
}

/** Sends the signal, and waits for the end. A process that has ended already is left alone. */
async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
