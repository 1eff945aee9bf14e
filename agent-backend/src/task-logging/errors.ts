/** Why a run was aborted from outside. The reason of its AbortSignal is one of these. */
import { CodedError } from '@story-tasks/contracts';

/** The task was cancelled: the run writes that, and nothing else. */
export class RunCancelledError extends CodedError {
  constructor() {
    super('CANCELLED', 'caller', 'The task was cancelled.');
  }
}

/** Another attempt owns the task, or the lease ran out: the run may write nothing any more. */
export class RunOvertakenError extends CodedError {
  constructor() {
    super('RUN_OVERTAKEN', 'retryable', 'The run lost its task: its lease ran out or another attempt took over.');
  }
}

/** The store confirmed no write for so long that the lease may be about to run out. */
export class LeaseUnconfirmedError extends CodedError {
  constructor(milliseconds: number) {
    const seconds = Math.round(milliseconds / 1000);
    super('LEASE_UNCONFIRMED', 'retryable', `The store confirmed nothing for ${seconds} s, so the run stopped itself.`);
  }
}

/** The operation's time limit. */
export class RunTimeoutError extends CodedError {
  constructor(seconds: number) {
    super('TIMEOUT', 'retryable', `The run did not end within ${seconds} s.`);
  }
}

/** The process shuts down: the task is released and goes on elsewhere. */
export class ShutdownError extends CodedError {
  constructor() {
    super('SHUTDOWN', 'retryable', 'The process shuts down.');
  }
}
