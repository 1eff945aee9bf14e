/**
 * A settings document on disk. Editors replace a file by another of its name, and the volume of a ConfigMap turns a link to
 * another folder: so the folder is watched, not the file; and looked at every second besides, for what no watch tells.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, pause } from '@story-tasks/contracts';
import type { SettingsLook, SettingsSource } from './settingsSource.ts';

export interface FileSourceOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Between two looks when nothing is told, in milliseconds. */
  readonly lookEveryMs?: number;
}

/** Two looks so far apart must agree: whoever writes in place leaves the file empty for a moment, and that says "no settings". */
const settleMs = 100;
const mostTries = 10;

export function fileSource(options: FileSourceOptions): SettingsSource {
  return {
    name: options.path,
    watch(tell) {
      const watching = new FileWatch(options, tell);
      return { stop: () => watching.stop() };
    },
  };
}

class FileWatch {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #tell: (look: SettingsLook) => void;
  readonly #stopped = new AbortController();
  #folder: FSWatcher | undefined;
  #wake: () => void = () => undefined;

  constructor({ path, clock, lookEveryMs = 1_000 }: FileSourceOptions, tell: (look: SettingsLook) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#everyMs = lookEveryMs;
    this.#tell = tell;
    void this.#run().catch(() => undefined);
  }

  stop(): void {
    this.#stopped.abort();
    this.#folder?.close();
    this.#wake();
  }

  async #run(): Promise<void> {
    let last: SettingsLook | undefined;
    while (!this.#stopped.signal.aborted) {
      // Before the look: what happens during it wakes the next one.
      this.#watchFolder();
      const woken = this.#woken();
      const look = await readLook(this.#path);
      if (!sameLook(look, last)) {
        last = await this.#settled(look);
        this.#tell(last);
      }
      await woken;
    }
  }

  /** What is written without a pause of so long is told when it ends, or as it is after a second. */
  async #settled(first: SettingsLook): Promise<SettingsLook> {
    let look = first;
    for (let tries = 0; tries < mostTries; tries += 1) {
      await pause(this.#clock, settleMs, this.#stopped.signal);
      const next = await readLook(this.#path);
      if (sameLook(next, look)) return next;
      look = next;
    }
    return look;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#clock.after(this.#everyMs, resolve);
      this.#wake = () => {
        stop();
        resolve();
      };
    });
  }

  /** A folder that is not there, or not any more, is tried again at the next look. */
  #watchFolder(): void {
    if (this.#folder !== undefined) return;
    try {
      const folder = watch(dirname(this.#path), { persistent: false }, () => this.#wake());
      folder.on('error', () => {
        folder.close();
        this.#folder = undefined;
      });
      this.#folder = folder;
    } catch {
      this.#folder = undefined;
    }
  }
}

async function readLook(path: string): Promise<SettingsLook> {
  try {
    return { found: true, text: await readFile(path, 'utf8') };
  } catch (error) {
    return { found: false, missing: `${path} cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

function sameLook(look: SettingsLook, other: SettingsLook | undefined): boolean {
  if (look.found) return other?.found === true && look.text === other.text;
  return other?.found === false && look.missing === other.missing;
}
