/** The real CLI in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../../bin/agent-backend.js', import.meta.url));

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<CliEnd>;
  /** Resolves when stderr has what is looked for; rejects when the process ends before. */
  saw(pattern: RegExp): Promise<string>;
}

/** @param env added to an environment that has nothing but PATH */
export function startCli(args: readonly string[], env: Record<string, string>, stdin = ''): CliProcess {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // A command that does not read its stdin may be gone before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<CliEnd>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const saw = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(stderr);
        if (found) resolve(found[1] ?? found[0]);
      };
      child.stderr.on('data', look);
      void ended.then(() => reject(new Error(`The process ended before ${pattern} was seen. It said:\n${stderr}`)));
      look();
    });
  return { child, ended, saw };
}
