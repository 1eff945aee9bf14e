/** How much the loops do in one tick, so that a tick stays short whatever it finds; the next goes on from there. */
export const limits = {
  /** Lost runs that are mended in one call, which holds their row locks until it is done. */
  lostRuns: 100,
  /** Queued rows that are compared with their lanes. */
  queuedRows: 500,
  /** Jobs of each state of one lane that are compared with their rows. */
  jobs: 50,
  /** Tasks that are deleted in one call; their events go with them. */
  purgedTasks: 100,
  /** Between two looks for tasks to delete when there was nothing more, in milliseconds. */
  purgeEveryMs: 60_000,
  /** Events of one lane that are read and counted at once; more than one, since the one at the position is read again. */
  events: 1_000,
  /** Such pages of one lane: more than a stream has. */
  eventPages: 20,
  /** Between two looks at the events, in milliseconds. */
  forwardEveryMs: 2_000,
  /** Between two looks at whether the lanes have their settings, in milliseconds. */
  settingsEveryMs: 2_000,
  /** Between two readings of the lanes for the gauges, in milliseconds. */
  readLanesEveryMs: 2_000,
  /** Between two decisions about the workers, in milliseconds, when no lane hints at an earlier one. */
  autoscaleEveryMs: 2_000,
  /**
   * A loop without a sign of life for so long hangs, in milliseconds. Between two signs there are calls with limits of seconds
   * each, and hundreds of them only where each is answered at once.
   */
  silentLoopMs: 180_000,
} as const;
