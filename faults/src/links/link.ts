/** What a link between two processes may suffer. Every part speaks to its neighbours through one of these. */

export interface LinkFaults {
  /** Before each message, in each direction. */
  readonly latencyMs: number;
  /** For each message: that its connection breaks instead. */
  readonly resetChance: number;
  /** Nothing passes and nothing breaks; what was held passes when it ends, as packets that are sent again do. */
  readonly blackHole: boolean;
  /** New connections are broken at once. */
  readonly refuse: boolean;
}

export const noFaults: LinkFaults = { latencyMs: 0, resetChance: 0, blackHole: false, refuse: false };

/** A message on its way: a request that the far end has not seen, or a reply that the near end has not. */
export interface Passing {
  readonly link: string;
  readonly side: 'request' | 'reply';
  /** Of a call to the store: its function, or its method and path. */
  readonly what: string;
}

export type Fate = 'pass' | 'drop';
/** Sees each message before it passes; may keep it, or have it dropped. */
export type Tap = (message: Passing) => Promise<Fate> | Fate;

/** A time, by this process's clock. */
export interface Disturbance {
  readonly from: number;
  to: number;
}

export interface Link {
  readonly name: string;
  readonly port: number;
  /** Messages so far, in both directions. */
  readonly messages: number;
  /** When messages may have been broken. */
  readonly disturbances: readonly Disturbance[];
  /** When they may have been broken or late. */
  readonly delays: readonly Disturbance[];
  tap: Tap | undefined;
  suffer(faults: Partial<LinkFaults>): void;
  /** Breaks every connection that is open now. */
  cut(): void;
  /** The near end is dead: what it had sent and nobody saw is lost with it. No living end notices. */
  forget(): void;
  heal(): void;
  close(): Promise<void>;
}
