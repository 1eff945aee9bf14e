/** Verdicts on tokens, remembered for a moment: somebody else gives them, and is asked once for a token at a time. */
import { createHash } from 'node:crypto';
import type { Clock } from '@story-tasks/contracts';
import { decodeJwt } from 'jose';

/** What a token's bearer is called; null: it is nobody's. */
export type Verdict = string | null;

export interface VerdictSettings {
  /** A bearer is taken for who they were for so long, in milliseconds: also how late a deleted account is noticed. */
  readonly acceptedForMs: number;
  readonly refusedForMs: number;
  /** Verdicts of either kind that are kept. */
  readonly kept: number;
}

const defaultSettings: VerdictSettings = { acceptedForMs: 10_000, refusedForMs: 2_000, kept: 1_000 };

export class Verdicts {
  readonly #review: (token: string) => Promise<Verdict>;
  readonly #clock: Clock;
  readonly #settings: VerdictSettings;
  readonly #underWay = new Map<string, Promise<Verdict>>();
  // Apart, so that any number of bad tokens pushes out none of the good.
  readonly #accepted: Recent<string>;
  readonly #refused: Recent<null>;

  /** @param review asks; its rejection is passed on, and not remembered */
  constructor(review: (token: string) => Promise<Verdict>, clock: Clock, settings: Partial<VerdictSettings> = {}) {
    this.#review = review;
    this.#clock = clock;
    this.#settings = { ...defaultSettings, ...settings };
    this.#accepted = new Recent(this.#settings.kept, clock);
    this.#refused = new Recent(this.#settings.kept, clock);
  }

  async of(token: string): Promise<Verdict> {
    // Memory that is dumped or swapped holds no token that way.
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#accepted.get(key) ?? this.#refused.get(key);
    if (known !== undefined) return known;
    const asked = this.#underWay.get(key) ?? this.#ask(key, token);
    return asked;
  }

  #ask(key: string, token: string): Promise<Verdict> {
    const answer = this.#review(token)
      .then((verdict) => this.#keep(key, token, verdict))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, answer);
    return answer;
  }

  #keep(key: string, token: string, verdict: Verdict): Verdict {
    const { acceptedForMs, refusedForMs } = this.#settings;
    if (verdict === null) this.#refused.set(key, null, refusedForMs);
    else this.#accepted.set(key, verdict, Math.min(acceptedForMs, lastsMs(token, this.#clock)));
    return verdict;
  }
}

/** How long a token is still good by its own word: unverified, so it may only shorten. */
function lastsMs(token: string, clock: Clock): number {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? Number.POSITIVE_INFINITY : exp * 1_000 - clock.date();
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The values that were used last, each for its own time. */
class Recent<Value> {
  readonly #values = new Map<string, { readonly value: Value; readonly until: number }>();
  readonly #kept: number;
  readonly #clock: Clock;

  constructor(kept: number, clock: Clock) {
    this.#kept = kept;
    this.#clock = clock;
  }

  get(key: string): Value | undefined {
    const found = this.#values.get(key);
    if (found === undefined) return undefined;
    this.#values.delete(key);
    if (found.until <= this.#clock.now()) return undefined;
    // Behind all others: a Map keeps the order in which keys were set.
    this.#values.set(key, found);
    return found.value;
  }

  set(key: string, value: Value, forMs: number): void {
    if (forMs <= 0) return;
    this.#values.set(key, { value, until: this.#clock.now() + forMs });
    if (this.#values.size <= this.#kept) return;
    const [oldest = ''] = this.#values.keys();
    this.#values.delete(oldest);
  }
}
