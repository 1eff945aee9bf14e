/**
 * The settings of operations as they are at this moment. A document that does not fit is refused whole, and one that is gone
 * changes nothing: the last good one stays in force.
 */
import { type Clock, type Settings, type SettingsDocument, settingsOf } from '@story-tasks/contracts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { hashOf, parseSettings } from './parseSettings.ts';
import type { SettingsLook, SettingsSource } from './settingsSource.ts';

export interface CurrentSettings {
  readonly settings: Settings;
  /** Of the document in force; `none` while there was none yet. */
  readonly hash: string;
  /**
   * False while a document is looked for and none was accepted yet: these are defaults then, good to begin with, but
   * nothing to overwrite what another process knew better.
   */
  readonly known: boolean;
}

/** A document that was refused. */
export interface RejectedSettings {
  readonly hash: string;
  readonly problems: readonly string[];
}

export interface LiveSettingsOptions {
  /** None: the defaults hold for good. */
  readonly source: SettingsSource | null;
  /** WORKER_CONCURRENCY, for what the document leaves out. */
  readonly workerConcurrency?: number | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A process that cannot look so long starts with the defaults. The last good document of others is kept where it counts. */
const firstLookMs = 3_000;

type Listener<T> = (told: T) => void;

export class LiveSettings {
  readonly #options: LiveSettingsOptions;
  readonly #info;
  readonly #rejections;
  readonly #onChange = new Set<Listener<CurrentSettings>>();
  readonly #onRejected = new Set<Listener<RejectedSettings>>();
  readonly #looked = Promise.withResolvers<void>();
  #current: CurrentSettings;
  #rejected: RejectedSettings | null = null;
  /** Of the latest look; what was judged once is not judged again. */
  #seen: string | undefined;
  #watching: { stop(): void } | undefined;

  constructor(options: LiveSettingsOptions) {
    this.#options = options;
    this.#info = options.metrics.gauge('story_tasks_config_info');
    this.#rejections = options.metrics.counter('story_tasks_config_rejected_total');
    this.#current = {
      settings: settingsOf({}, options.workerConcurrency),
      hash: 'none',
      known: options.source === null,
    };
    this.#tellHash();
  }

  /** Resolves when the source was looked at, or could not be for a while; then it goes on looking. */
  async start(): Promise<void> {
    const { source, clock, logger } = this.#options;
    if (source === null) return;
    this.#watching = source.watch((look) => this.#judge(look));
    const giveUp = clock.after(firstLookMs, () => {
      logger.warn({ source: source.name }, 'the settings could not be read yet; the defaults hold until they can');
      this.#looked.resolve();
    });
    await this.#looked.promise;
    giveUp();
  }

  current(): CurrentSettings {
    return this.#current;
  }

  /** The document that was refused, until another one is accepted; null when the latest one was not. */
  rejected(): RejectedSettings | null {
    return this.#rejected;
  }

  /** Called after each change, at once. @returns what ends it */
  subscribe(listener: Listener<CurrentSettings>): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  /** Called once for each document that is refused. @returns what ends it */
  onRejected(listener: Listener<RejectedSettings>): () => void {
    this.#onRejected.add(listener);
    return () => this.#onRejected.delete(listener);
  }

  stop(): void {
    this.#watching?.stop();
    this.#looked.resolve();
  }

  #judge(look: SettingsLook): void {
    const hash = look.found ? hashOf(look.text) : 'missing';
    if (hash !== this.#seen) {
      this.#seen = hash;
      if (look.found) this.#read(look.text, hash);
      else this.#warn({ missing: look.missing }, 'there are no settings; the last good ones stay in force');
    }
    this.#looked.resolve();
  }

  #read(text: string, hash: string): void {
    const parsed = parseSettings(text);
    if (!parsed.ok) this.#reject({ hash, problems: parsed.problems });
    else this.#accept(parsed.document, hash);
  }

  #accept(document: SettingsDocument, hash: string): void {
    this.#rejected = null;
    if (hash === this.#current.hash) return;
    const settings = settingsOf(document, this.#options.workerConcurrency);
    this.#current = { settings, hash, known: true };
    this.#tellHash();
    this.#options.logger.info({ hash }, 'settings applied');
    this.#tell(this.#onChange, this.#current);
  }

  #reject(rejected: RejectedSettings): void {
    this.#rejected = rejected;
    this.#rejections.inc();
    this.#warn({ ...rejected }, 'these settings were refused; the last good ones stay in force');
    this.#tell(this.#onRejected, rejected);
  }

  #warn(details: object, message: string): void {
    const { logger, source } = this.#options;
    logger.warn({ ...details, source: source?.name, inForce: this.#current.hash }, message);
  }

  /** One listener's fault is not another's. */
  #tell<T>(listeners: Iterable<Listener<T>>, told: T): void {
    for (const listener of listeners) {
      try {
        listener(told);
      } catch (error) {
        this.#options.logger.error({ error }, 'a change of the settings could not be followed');
      }
    }
  }

  #tellHash(): void {
    this.#info.reset();
    this.#info.set({ hash: this.#current.hash }, 1);
  }
}
