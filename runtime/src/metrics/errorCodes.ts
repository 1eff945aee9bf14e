/** The codes that a run or a task can fail with: values of labels, which must stay few and known beforehand. */

/** Of the errors in agent-backend and supabase, and the three that belong to no class; a test keeps the list complete. */
export const knownErrorCodes: readonly string[] = [
  'ATTEMPT_REQUIRED',
  'BUNDLE_NAME_INVALID',
  'BUNDLE_STORE_REFUSED',
  'BUNDLE_STORE_SETTING_INVALID',
  'BUNDLE_STORE_UNAVAILABLE',
  'CANCELLED',
  'ENQUEUE_FAILED',
  'ILLEGAL_TRANSITION',
  'INTERNAL',
  'LEASE_UNCONFIRMED',
  'LLM_AUTH',
  'LLM_BAD_REQUEST',
  'LLM_BLOCKED',
  'LLM_INVALID_OUTPUT',
  'LLM_MISCONFIGURED',
  'LLM_RATE_LIMITED',
  'LLM_TIMEOUT',
  'LLM_UNAVAILABLE',
  'PREREQUISITE_MISSING',
  'PROMPT_TEMPLATE_INVALID',
  'REQUESTER_NOT_FOUND',
  'RUN_OVERTAKEN',
  'SHUTDOWN',
  'STALE_ATTEMPT',
  'STORE_REJECTED',
  'STORE_UNAVAILABLE',
  'STORY_NOT_FOUND',
  'TASK_NOT_FOUND',
  'TIMEOUT',
  'VALIDATION_FAILED',
  'WORKER_LOST',
];

/** What a row says may come from anywhere: what is not one of ours counts as INTERNAL. */
export function codeLabel(code: string | null): string {
  return code !== null && knownErrorCodes.includes(code) ? code : 'INTERNAL';
}
