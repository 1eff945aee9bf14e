/**
 * Contends for a Lease. A leader that could not renew for the renew deadline leads no more, though nobody may take the
 * Lease before its duration is over: what lies between is for calls that were under way.
 */
import type { World } from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';
import { KubernetesCallError, tellFailures } from '../kubernetesErrors.ts';
import { decideLeadership, type LeaseRecord, type SeenLease, seeLease } from './decideLeadership.ts';
import type { Leadership } from './leadership.ts';
import type { Leases } from './leases.ts';

export interface LeaseLeadershipDependencies {
  readonly leases: Leases;
  /** Of this process alone, and of no process after it. */
  readonly identity: string;
  readonly leaseSeconds: number;
  readonly renewSeconds: number;
  readonly retrySeconds: number;
  readonly world: World;
  readonly logger: Logger;
}

/** Of the time between two tries; so that operators that were started together do not stay in step. */
const jitter = 0.2;
/** Conflicts in a row after which the next look waits its turn. */
const conflictsAtOnce = 2;

interface Term {
  readonly epoch: number;
  /** On the clock that never goes back. */
  readonly until: number;
}

export class LeaseLeadership implements Leadership {
  readonly #given: LeaseLeadershipDependencies;
  readonly #failures: ReturnType<typeof tellFailures>;
  readonly #listeners: (() => void)[] = [];
  #seen: SeenLease | null = null;
  #highestEpoch = 0;
  #term: Term | null = null;
  #told: number | null = null;
  #stopped = false;
  #cancelNext = () => {};
  #cancelDeadline = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(given: LeaseLeadershipDependencies) {
    this.#given = given;
    this.#failures = tellFailures(given.logger);
  }

  /** Begins to contend. */
  start(): this {
    this.#running = this.#tick();
    return this;
  }

  isLeader(): boolean {
    return this.#term !== null && this.#given.world.clock.now() < this.#term.until;
  }

  epoch(): number | null {
    return this.isLeader() ? (this.#term?.epoch ?? null) : null;
  }

  onChange(changed: () => void): void {
    this.#listeners.push(changed);
  }

  /** Leaves the Lease to whoever looks next, so that a rolling update does not wait for it to run out. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelNext();
    await this.#running;
    const held = this.isLeader() ? this.#seen?.record : undefined;
    this.#endTerm();
    if (held === undefined) return;
    const { transitions } = held;
    await this.#given.leases
      .replace(held, { holder: '', durationSeconds: 1, transitions })
      .catch((error: unknown) => this.#failures.failed(error));
  }

  async #tick(): Promise<void> {
    const again = await this.#looked();
    const next = () => {
      this.#running = this.#tick();
    };
    if (!this.#stopped) this.#cancelNext = this.#given.world.clock.after(again, next);
  }

  async #looked(): Promise<number> {
    try {
      const again = await this.#look();
      this.#failures.worked();
      return again;
    } catch (error) {
      this.#failures.failed(error);
      return this.isLeader() ? this.#retryMs() / 4 : this.#retryMs();
    }
  }

  /** @returns when to look again, in milliseconds from then */
  async #look(): Promise<number> {
    const { clock } = this.#given.world;
    for (let conflicts = 0; conflicts <= conflictsAtOnce && !this.#stopped; conflicts += 1) {
      this.#see(await this.#answered('get leases', this.#given.leases.read()));
      const decision = decideLeadership(this.#seen, this.#given.identity, this.#firstEpoch(), clock.now());
      if (decision.action === 'wait') {
        this.#endTerm();
        return Math.min(decision.untilFree, this.#retryMs());
      }
      if (await this.#hold(decision.epoch)) break;
    }
    return this.#retryMs();
  }

  /** @returns false: somebody was faster */
  async #hold(epoch: number): Promise<boolean> {
    const { leases, identity, leaseSeconds, renewSeconds, world } = this.#given;
    const content = { holder: identity, durationSeconds: leaseSeconds, transitions: epoch };
    // From before the call: the server cannot have taken it earlier than that.
    const from = world.clock.now();
    const before = this.#seen;
    const written = await (before === null
      ? this.#answered('create leases', leases.create(content))
      : this.#answered('update leases', leases.replace(before.record, content)));
    if (written === null) return false;
    this.#see(written);
    this.#term = { epoch, until: from + renewSeconds * 1_000 };
    this.#cancelDeadline();
    // A timer may be a fraction early, and would then find nothing changed.
    this.#cancelDeadline = world.clock.after(this.#term.until - world.clock.now() + 1, () => this.#tell());
    this.#tell();
    return true;
  }

  /** A call that hangs must leave time for another before the renew deadline. A late answer changes nothing here. */
  #answered<T>(call: string, answer: Promise<T>): Promise<T> {
    const { renewSeconds, world } = this.#given;
    const late = new Promise<never>((_, reject) => {
      const cancel = world.clock.after((renewSeconds * 1_000) / 3, () =>
        reject(new KubernetesCallError(call, null, null)),
      );
      answer.then(cancel, cancel);
    });
    return Promise.race([answer, late]);
  }

  #see(record: LeaseRecord | null): void {
    this.#seen = record && seeLease(this.#seen, record, this.#given.world.clock.now());
    this.#highestEpoch = Math.max(this.#highestEpoch, record?.transitions ?? 0);
  }

  /**
   * Above those of a Lease that somebody deleted, which would otherwise be taken for the later ones wherever an epoch is kept:
   * tens of seconds since 1970, as a Lease changes hands more seldom than that.
   */
  #firstEpoch(): number {
    return Math.max(Math.floor(this.#given.world.clock.date() / 10_000), this.#highestEpoch + 1);
  }

  #retryMs(): number {
    const { retrySeconds, world } = this.#given;
    return retrySeconds * 1_000 * (1 + jitter * world.chance.fraction());
  }

  #endTerm(): void {
    this.#term = null;
    this.#cancelDeadline();
    this.#tell();
  }

  #tell(): void {
    const epoch = this.epoch();
    if (epoch === this.#told) return;
    this.#told = epoch;
    this.#given.logger.info({ epoch }, epoch === null ? 'leads no more' : 'leads');
    for (const changed of this.#listeners) changed();
  }
}
