/**
 * A settings document in a ConfigMap, through the Kubernetes API: read, then watched from the version that was read; and
 * read anew every ten seconds, since a watch may be connected and say nothing. What was read outright counts as it is; what
 * a watch tells may come late, and counts only when it is newer.
 */
import { type Chance, type Clock, pause } from '@story-tasks/contracts';
import { type Kubernetes, statusOf } from '../kubernetes/kubernetes.ts';
import type { Logger } from '../logger.ts';
import type { SettingsLook, SettingsSource } from './settingsSource.ts';

export interface ConfigMapSourceOptions {
  readonly kubernetes: Pick<Kubernetes, 'core' | 'watch'>;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  /** Between two readings while a watch stands, in milliseconds. */
  readonly readEveryMs?: number;
}

/** The key of the document. */
const key = 'operations.yaml';

/** A Role names the ConfigMap, and lets nobody watch without this. */
const selecting = (name: string) => `metadata.name=${name}`;

/** So that an outage of the API server ends for all within ten seconds, a call that hangs for five of them included. */
const shortestPauseMs = 100;
const longestPauseMs = 2_000;
/** A watch that ended sooner did not work, whatever it ended for. */
const steadyMs = 5_000;

/** As much of a ConfigMap as matters. */
interface ConfigMap {
  readonly metadata?: { readonly resourceVersion?: string | undefined } | undefined;
  readonly data?: Readonly<Record<string, string>> | undefined;
}

export function configMapSource(options: ConfigMapSourceOptions): SettingsSource {
  return {
    name: `ConfigMap ${options.namespace}/${options.name}`,
    watch(tell) {
      const watching = new ConfigMapWatch(options, tell);
      void watching.run().catch(() => undefined);
      return { stop: () => watching.stop() };
    },
  };
}

class ConfigMapWatch {
  readonly #options: ConfigMapSourceOptions;
  readonly #tell: (look: SettingsLook) => void;
  readonly #stopped = new AbortController();
  /** In a row: readings that failed, and watches that did not last. */
  #failures = 0;
  #away = false;
  /** Of the newest ConfigMap that was seen, as a number; the API promises that later is greater. */
  #version = 0;

  constructor(options: ConfigMapSourceOptions, tell: (look: SettingsLook) => void) {
    this.#options = options;
    this.#tell = tell;
  }

  stop(): void {
    this.#stopped.abort();
  }

  async run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#failures = (await this.#readAndWatch()) ? 0 : this.#failures + 1;
      await pause(this.#options.clock, this.#pauseMs(), this.#stopped.signal);
    }
  }

  /** @returns whether that worked for a while */
  async #readAndWatch(): Promise<boolean> {
    const { clock } = this.#options;
    const version = await this.#read();
    if (version === null) return false;
    const since = clock.now();
    await this.#watchFrom(version);
    return clock.now() - since >= steadyMs;
  }

  /** @returns the version of the list, from which a watch misses nothing; null when the API did not say */
  async #read(): Promise<string | null> {
    try {
      const version = await this.#readOutright();
      if (this.#away) this.#options.logger.info('the settings can be read again');
      this.#away = false;
      return version;
    } catch (error) {
      if (!this.#away) this.#options.logger.warn({ error, status: statusOf(error) }, 'the settings cannot be read');
      this.#away = true;
      return null;
    }
  }

  async #readOutright(): Promise<string> {
    const { kubernetes, namespace, name } = this.#options;
    const before = this.#version;
    const list = await kubernetes.core.listNamespacedConfigMap({ namespace, fieldSelector: selecting(name) });
    const [found] = list.items;
    // A watch that told something meanwhile knows better than an answer that was already on its way.
    if (this.#version === before) this.#take(found);
    return list.metadata?.resourceVersion ?? '';
  }

  /** Resolves when the watch ended, or was found to say nothing, or nothing can be read. */
  async #watchFrom(resourceVersion: string): Promise<void> {
    const ended = new AbortController();
    const closing = AbortSignal.any([ended.signal, this.#stopped.signal]);
    const watching = this.#watch(resourceVersion, closing).finally(() => ended.abort());
    await this.#readNowAndThen(ended.signal);
    ended.abort();
    await watching;
  }

  /** Ends with the watch, or when a reading fails, or finds what the watch should have told: then it is stale. */
  async #readNowAndThen(ended: AbortSignal): Promise<void> {
    const { clock, readEveryMs = 10_000 } = this.#options;
    const over = AbortSignal.any([ended, this.#stopped.signal]);
    for (;;) {
      await pause(clock, readEveryMs, over).catch(() => undefined);
      if (over.aborted) return;
      const before = this.#version;
      if ((await this.#read()) === null || this.#version !== before) return;
    }
  }

  /** Resolves when the watch is over, for whatever reason; an error of the library's is one. */
  async #watch(resourceVersion: string, closing: AbortSignal): Promise<void> {
    const { kubernetes, namespace, name } = this.#options;
    const over = Promise.withResolvers<void>();
    closing.addEventListener('abort', () => over.resolve(), { once: true });
    const connecting = kubernetes.watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { fieldSelector: selecting(name), resourceVersion },
      (type: string, object: ConfigMap) => {
        if (closing.aborted) return;
        if (type === 'ERROR') over.resolve();
        else this.#told(type, object);
      },
      () => over.resolve(),
    );
    connecting.catch(() => over.resolve());
    await over.promise;
    // It may have been connecting all the while, and hang in that.
    void connecting.then((connection) => connection.abort()).catch(() => undefined);
  }

  #told(type: string, object: ConfigMap): void {
    const version = Number(object.metadata?.resourceVersion);
    if (version <= this.#version) return;
    if (type === 'DELETED') this.#take(undefined, version);
    else this.#take(object);
  }

  #take(found: ConfigMap | undefined, version = Number(found?.metadata?.resourceVersion)): void {
    const text = found?.data?.[key];
    this.#version = Number.isFinite(version) ? version : this.#version;
    if (text !== undefined) this.#tell({ found: true, text });
    else this.#tell({ found: false, missing: found ? `it has no key ${key}` : 'there is none of this name' });
  }

  /** Longer with each failure, and of another length in each process, so that they do not all ask at once. */
  #pauseMs(): number {
    const most = Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(this.#failures, 10));
    return most * (0.5 + this.#options.chance.fraction() / 2);
  }
}
