/** The migrations' process, as a Job runs it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const migrateMain = fileURLToPath(new URL('../src/migrate/main.ts', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly out: string;
}

export function runJob(env: Record<string, string>): Promise<Ended> {
  return runToEnd(process.execPath, [migrateMain], { env });
}

/** @returns the exit code, and what it wrote to stdout and stderr */
export function runToEnd(
  command: string,
  args: readonly string[],
  options: { readonly env: Record<string, string>; readonly cwd?: string },
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), out: `${stdout}${stderr}` }),
    );
  });
}
