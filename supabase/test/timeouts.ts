/** How long a test waits for a condition before it says that it did not come, in milliseconds. */
export const waitLimits = {
  /** A call that must wait for a row lock is seen waiting. */
  blocked: 5_000,
  /** A lease of a few hundred milliseconds runs out. */
  leaseExpired: 5_000,
  /** The server at the other end sees that a connection was closed. */
  socketClosed: 3_000,
};
