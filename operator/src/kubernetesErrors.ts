/** Calls of the Kubernetes API that were not taken, told once and by the names that a Role has for them. */
import { CodedError } from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';

export class KubernetesCallError extends CodedError {
  /** As in a Role: the verb, then the resource. */
  readonly call: string;
  /** Null: there was no answer. */
  readonly status: number | null;
  /** How long the server asks to be left alone, in milliseconds; null: it says nothing. */
  readonly retryAfterMs: number | null;

  constructor(call: string, status: number | null, retryAfterMs: number | null) {
    super('KUBERNETES_CALL', 'retryable', `The Kubernetes API did not take the call: ${call}.`);
    this.call = call;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * @returns what tells of a failure when it is another than the one before, and of nothing while it stays the same. Only what the
 * Kubernetes API did is told as its trouble: any other error is a fault of this process, told with where it was thrown.
 */
export function tellFailures(logger: Logger): { failed(error: unknown): void; worked(): void } {
  let told = '';
  return {
    failed(error) {
      const failure = error instanceof KubernetesCallError ? `${error.call} ${error.status}` : placeOf(error);
      if (failure === told) return;
      told = failure;
      if (error instanceof KubernetesCallError) tellCall(logger, error);
      else logger.error({ error }, 'an internal error: please report it');
    },
    worked() {
      if (told !== '') logger.info('what failed works again');
      told = '';
    },
  };
}

function tellCall(logger: Logger, error: KubernetesCallError): void {
  const { call, status } = error;
  if (status === 403) logger.error({ call }, `not allowed to ${call}: see docs/rbac.md`);
  else logger.warn({ call, status, error }, 'the Kubernetes API does not take our calls');
}

/** What an error is told apart by: not its message, which may name what differs each time. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${/^\s+at .*$/m.exec(error.stack ?? '')?.[0]}`;
}
