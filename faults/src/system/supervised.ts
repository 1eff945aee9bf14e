/** A part behind links of its own, that can be ended in every way and started again at the same place. */
import type { Part, StartedPart } from '@story-tasks/dev/parts';
import { startPart } from '@story-tasks/dev/parts';
import type { Link } from '../links/link.ts';
import type { StoreLink } from '../links/storeLink.ts';
import type { TcpLink } from '../links/tcpLink.ts';

export interface PartLinks {
  readonly redis: TcpLink;
  readonly store: StoreLink;
  /** Of a worker alone. */
  readonly model: TcpLink | undefined;
}

export interface Launch {
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
}

export class Supervised {
  readonly name: string;
  readonly part: Part;
  readonly links: PartLinks;
  readonly #env: Readonly<Record<string, string>>;
  readonly #logs: string;
  #process: StartedPart | undefined;
  #launched: Launch = {};
  #starting: Promise<void> | undefined;
  #crash: string | undefined;

  constructor(name: string, part: Part, links: PartLinks, env: Readonly<Record<string, string>>, logs: string) {
    this.name = name;
    this.part = part;
    this.links = links;
    this.#env = env;
    this.#logs = logs;
  }

  get allLinks(): Link[] {
    const { redis, store, model } = this.links;
    return model === undefined ? [redis, store] : [redis, store, model];
  }

  /** True from its start to whatever ended it. */
  get running(): boolean {
    return this.#process !== undefined;
  }

  /** @throws Error when it is not running */
  get process(): StartedPart {
    if (this.#process === undefined) throw new Error(`${this.name} is not running`);
    return this.#process;
  }

  /** Starts it unless it runs. Two who ask at once get one process. */
  async start(launch: Launch = {}): Promise<void> {
    if (this.#process !== undefined) return;
    this.#starting ??= this.#start(launch).finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  async #start(launch: Launch): Promise<void> {
    this.#launched = launch;
    const { name, part } = this;
    const env = { ...this.#env, ...launch.env };
    const started = await startPart({ part, name, env, logs: this.#logs, nodeArgs: launch.nodeArgs ?? [] });
    this.#process = started;
    started.failure.catch((error: unknown) => this.#ended(started, error));
  }

  #ended(started: StartedPart, error: unknown): void {
    this.#crash = String(error).split('\n', 1)[0];
    if (this.#process === started) this.#process = undefined;
  }

  /** How it ended by itself since this was last asked; undefined when it did not. */
  takeCrash(): string | undefined {
    const crash = this.#crash;
    this.#crash = undefined;
    return crash;
  }

  /** True when it was started otherwise than the plain way. */
  get altered(): boolean {
    return Object.keys(this.#launched).length > 0;
  }

  /** Sends SIGKILL before it returns. */
  async kill(): Promise<void> {
    const ended = this.#process?.kill();
    this.#process = undefined;
    await ended;
  }

  /** SIGTERM, and waits. @returns how long it took to end, in milliseconds */
  async stop(): Promise<number> {
    const startedAt = performance.now();
    const ending = this.#process;
    this.#process = undefined;
    await ending?.stop();
    return performance.now() - startedAt;
  }
}
