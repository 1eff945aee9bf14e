/** Commands of the cluster's tools, as promises. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const maxBuffer = 64 * 1024 * 1024;

class CommandError extends Error {
  constructor(command: string, stderr: string, options: ErrorOptions) {
    super(`${command} failed: ${stderr.trim().slice(-2_000)}`, options);
  }
}

/** @returns stdout. @throws CommandError with the end of stderr */
export async function run(command: string, args: readonly string[], input?: string): Promise<string> {
  const running = exec(command, [...args], { maxBuffer });
  // A command may end without having read it all; its own error tells more.
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(input ?? '');
  try {
    return (await running).stdout;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new CommandError(`${command} ${args.slice(0, 4).join(' ')}`, stderr, { cause: error });
  }
}
