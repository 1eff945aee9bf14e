/**
 * What can go wrong with a language model, as stable codes. A message is written here and holds nothing that came from
 * outside but numbers: no reply, no URL, no key, no prompt. No error has a `cause`, since those of the SDK carry
 * the request, the reply and its headers, and log serializers print causes.
 */
import { CodedError, type ErrorKind } from '@story-tasks/contracts';
import type { TokenUsage } from './gateway.ts';

/** Every code, and who can do something about it. */
export const llmErrorKinds = {
  /** 429; `retryAfterMs` when the provider said how long. */
  LLM_RATE_LIMITED: 'retryable',
  /** 5xx, or the network. */
  LLM_UNAVAILABLE: 'retryable',
  LLM_TIMEOUT: 'retryable',
  /** The provider's safety rules refused the prompt or the reply. */
  LLM_BLOCKED: 'caller',
  /** A reply that does not fit, and its repair did not either. */
  LLM_INVALID_OUTPUT: 'retryable',
  /** 401, 403, or an API key that is not valid. */
  LLM_AUTH: 'fatal',
  /** Any other 4xx, or a call that could not be made. */
  LLM_BAD_REQUEST: 'fatal',
  /** A setting is missing or wrong; the message names the variable. */
  LLM_MISCONFIGURED: 'fatal',
} as const satisfies Record<string, ErrorKind>;

export type LlmErrorCode = keyof typeof llmErrorKinds;

interface LlmErrorDetails {
  /** How long the provider asked to wait, in milliseconds from when the error was made. */
  readonly retryAfterMs?: number | undefined;
  /** Tokens that were spent although no document came of them. */
  readonly usage?: TokenUsage | undefined;
}

export class LlmError extends CodedError {
  readonly retryAfterMs: number | undefined;
  readonly usage: TokenUsage | undefined;

  /**
   * @param code decides the kind
   * @param message for people; nothing of the prompt, the reply or the settings in it
   */
  constructor(code: LlmErrorCode, message: string, details: LlmErrorDetails = {}) {
    super(code, llmErrorKinds[code], message);
    this.retryAfterMs = details.retryAfterMs;
    this.usage = details.usage;
  }
}
