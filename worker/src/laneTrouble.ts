/** What goes wrong inside BullMQ's workers, told so that it is seen and floods nothing: each loop comes by it every second or so. */
import type { Clock } from '@story-tasks/contracts';
import { type Logger, refusalOf } from '@story-tasks/runtime';
import { isNotConnectionError, UnrecoverableError } from 'bullmq';

/** The same trouble is told again after so long, with how often it came meanwhile. */
const againAfterMs = 60_000;

export interface LaneTrouble {
  /** An error of a loop, which goes on. */
  loop(error: Error): void;
  /** A job that counts as failed. That a run failed is an end like others, and told where it ends. */
  job(error: Error): void;
}

/** @param logger says which lane it is */
export function tellTrouble(logger: Logger, clock: Clock): LaneTrouble {
  const told = new Map<string, { readonly at: number; again: number }>();
  const tell = (error: Error, sentence: string) => {
    const refusal = refusalOf(error);
    const kind = `${sentence} ${refusal ?? placeOf(error)}`;
    const before = told.get(kind);
    if (before !== undefined && clock.now() - before.at < againAfterMs) {
      before.again += 1;
      return;
    }
    told.set(kind, { at: clock.now(), again: 0 });
    const often = before === undefined ? {} : { again: before.again };
    logger.error({ error, ...(refusal === null ? {} : { refusal }), ...often }, sentence);
  };
  return {
    loop(error) {
      if (refusalOf(error) !== null) tell(error, 'Redis refuses a command that this lane needs');
      else if (!isOutage(error)) tell(error, 'a worker of this lane is in trouble');
    },
    job(error) {
      if (!(error instanceof UnrecoverableError))
        tell(error, 'a job failed by a fault of this worker; its task is mended');
    },
  };
}

/** The connection tells of that by itself. */
const isOutage = (error: Error) => 'syscall' in error || !isNotConnectionError(error);

const placeOf = ({ name, stack = '' }: Error) => `${name} ${/^\s+at .*$/m.exec(stack)?.[0]}`;
