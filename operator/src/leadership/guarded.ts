/** Writes that only a leader makes: asked right before each, by the clock at that moment. */
import { CodedError } from '@story-tasks/contracts';

export class NotLeadingError extends CodedError {
  constructor() {
    super('NOT_LEADING', 'retryable', 'This operator leads no more; another does what is to be done.');
  }
}

/** @returns the function, which rejects with NotLeadingError while `isLeader` says no */
export function onlyLeading<A extends unknown[], R>(
  isLeader: () => boolean,
  write: (...given: A) => Promise<R>,
): (...given: A) => Promise<R> {
  return async (...given) => {
    if (!isLeader()) throw new NotLeadingError();
    return write(...given);
  };
}
