/** Questions to somebody else that any stranger can cause: a few at a time, a few that wait their turn, and no more. */

export interface Bounds {
  readonly atOnce: number;
  readonly waiting: number;
}

/**
 * @param ask must end by itself
 * @param refused makes the error of those that found no place to wait
 */
export function bounded<A, R>(
  ask: (about: A) => Promise<R>,
  { atOnce, waiting }: Bounds,
  refused: () => Error,
): (about: A) => Promise<R> {
  let free = atOnce;
  const queue: (() => void)[] = [];
  const turn = async () => {
    if (free > 0) free -= 1;
    else if (queue.length < waiting) await new Promise<void>((called) => queue.push(called));
    else throw refused();
  };
  // The place goes on to the next that waits: nobody who comes between may take it.
  const leave = () => {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async (about) => {
    await turn();
    return ask(about).finally(leave);
  };
}
