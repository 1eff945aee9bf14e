/**
 * One start at a time may use a state folder: two databases on one set of files would destroy them. The lock also names
 * the processes of the start, so that the next one can end what a start that was killed outright left behind.
 */
import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '@story-tasks/supabase';
import { z } from 'zod';

/** A process id alone could by now belong to somebody else; with its time of start it cannot. */
const ownedSchema = z.object({ pid: z.int().positive(), startedAt: z.string() });
const lockSchema = z.object({ owner: ownedSchema, children: z.array(ownedSchema) });
type Owned = z.infer<typeof ownedSchema>;
type Lock = z.infer<typeof lockSchema>;

export interface StateLock {
  /** Names a process that this start began. */
  note(pid: number): Promise<void>;
  release(): Promise<void>;
}

/** How long a process that was left behind may take to end by itself. */
const endLimitMs = 10_000;

/**
 * Takes the folder; what a killed start left is ended first.
 * @throws Error that says what to do when a living start has it
 */
export async function lockState(dir: string): Promise<StateLock> {
  await makeFolder(dir).catch(() => {
    throw new Error(`${dir} cannot be made: set STATE_DIR to a folder that can be written.`);
  });
  const file = join(dir, 'lock');
  const earlier = await readLock(file);
  if (earlier && isRunning(earlier.owner)) {
    throw new Error(`${dir} is in use by process ${earlier.owner.pid}. Stop that, or set STATE_DIR to another folder.`);
  }
  for (const child of earlier?.children ?? []) await endProcess(child);
  await rm(file, { force: true });

  const lock: Lock = { owner: owned(process.pid), children: [] };
  const save = (flag?: string) => writeFile(file, JSON.stringify(lock), flag === undefined ? {} : { flag });
  await save('wx').catch(() => {
    throw new Error(`${file} cannot be written: another start took the folder, or STATE_DIR is not a folder of yours.`);
  });
  return {
    async note(pid) {
      lock.children.push(owned(pid));
      await save();
    },
    release: () => rm(file, { force: true }),
  };
}

async function readLock(file: string): Promise<Lock | null> {
  const text = await readFile(file, 'utf8').catch(() => 'null');
  try {
    return lockSchema.nullable().catch(null).parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function owned(pid: number): Owned {
  return { pid, startedAt: startOf(pid) ?? '' };
}

/** When a process began; null when it is gone, or only waits to be collected (a zombie). */
function startOf(pid: number): string | null {
  try {
    const said = execFileSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    const [, state = '', startedAt = ''] = /^(\S+)\s+(.*)$/.exec(said.trim()) ?? [];
    return state.startsWith('Z') ? null : startedAt;
  } catch {
    return null;
  }
}

function isRunning({ pid, startedAt }: Owned): boolean {
  return startOf(pid) === startedAt;
}

async function endProcess(child: Owned): Promise<void> {
  if (!isRunning(child)) return;
  process.kill(child.pid, 'SIGTERM');
  const deadline = Date.now() + endLimitMs;
  while (isRunning(child) && Date.now() < deadline) await sleep(100);
  if (isRunning(child)) process.kill(child.pid, 'SIGKILL');
}
