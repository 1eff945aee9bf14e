/**
 * This process's environment without what only a worker may know: keys of language models, and how to reach them. For
 * the processes that stand beside it.
 */
export function withoutModelSettings(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(LLM|GEMINI|OFFLINE)_/.test(name));
  return Object.fromEntries(entries);
}
