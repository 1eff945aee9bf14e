/** OFFLINE_FAIL: a planned failure of the offline provider, for demonstrations and tests of what follows a failure. */
import { LlmError, type LlmErrorCode, llmErrorKinds } from './errors.ts';
import type { Step } from './gateway.ts';

/** The `call`-th call (from 1) of `step` fails with `code`; those before and after it do not. */
export interface OfflineFault {
  readonly step: Step;
  readonly call: number;
  readonly code: LlmErrorCode;
}

const steps: Record<Step, true> = {
  constitution: true,
  outline: true,
  scenelet: true,
  visualDesign: true,
  audioDesign: true,
  shotList: true,
};

/**
 * @param text `step:call:CODE`, for example `scenelet:3:LLM_UNAVAILABLE`
 * @throws LlmError LLM_MISCONFIGURED that says what is allowed
 */
export function parseOfflineFault(text: string): OfflineFault {
  const [step = '', call = '', code = '', ...rest] = text.split(':');
  if (isStep(step) && /^[1-9]\d{0,5}$/.test(call) && isCode(code) && rest.length === 0) {
    return { step, call: Number(call), code };
  }
  throw new LlmError(
    'LLM_MISCONFIGURED',
    `OFFLINE_FAIL must be step:call:CODE, as in scenelet:3:LLM_UNAVAILABLE. Steps: ${Object.keys(steps).join(', ')}. Calls count from 1. Codes: ${Object.keys(llmErrorKinds).join(', ')}.`,
  );
}

function isStep(text: string): text is Step {
  return Object.hasOwn(steps, text);
}

function isCode(text: string): text is LlmErrorCode {
  return Object.hasOwn(llmErrorKinds, text);
}
