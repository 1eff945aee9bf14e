/** Loops that run in one process at a time. */
import type { Leadership } from './leadership.ts';

interface Running {
  stop(): Promise<void>;
}

/**
 * Starts the loops when leading begins, and when it ends stops them and waits for what they are about; in that order, and
 * anew for each epoch.
 */
export function whileLeading(leadership: Leadership, start: () => Running): Running {
  let term: { readonly epoch: number; readonly loops: Running } | null = null;
  let ended = false;
  let work: Promise<void> = Promise.resolve();
  const epoch = () => (ended ? null : leadership.epoch());
  const follow = async (): Promise<void> => {
    if (term !== null && term.epoch !== epoch()) {
      await term.loops.stop();
      term = null;
    }
    const begun = epoch();
    if (term === null && begun !== null) term = { epoch: begun, loops: start() };
  };
  const change = () => {
    work = work.then(follow);
  };
  leadership.onChange(change);
  change();
  return {
    async stop() {
      ended = true;
      change();
      await work;
    },
  };
}
