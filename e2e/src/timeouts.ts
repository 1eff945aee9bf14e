/** How long the suite waits for what, in milliseconds. Limits of patience, not figures of the product. */
export const timeouts = {
  /** A task of a few model calls, from its creation to its end. */
  task: 90_000,
  /** A rollout: pods made, ready, and the old ones gone. */
  rollout: 180_000,
  /** Workers added for a queue, or taken away after it. */
  scale: 150_000,
  /** What happens within seconds when all is well. */
  soon: 30_000,
} as const;
