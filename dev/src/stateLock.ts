/** One start at a time may use a state folder: two databases on one set of files would destroy them. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Takes the folder; a lock that a killed process left is taken over.
 * @returns gives the folder back
 * @throws Error that says what to do when a living process has it
 */
export async function lockState(dir: string): Promise<() => Promise<void>> {
  const file = join(dir, 'lock');
  await mkdir(dir, { recursive: true });
  const take = () => writeFile(file, String(process.pid), { flag: 'wx' });
  try {
    await take();
  } catch {
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && isAlive(owner)) {
      throw new Error(`${dir} is in use by process ${owner}. Stop that, or set STATE_DIR to another folder.`);
    }
    await rm(file, { force: true });
    await take();
  }
  return () => rm(file, { force: true });
}
