/** The story domain: what turns a prompt into an interactive story, and how a run of it is put on record. */

export { createGateway, llmEnvSchema, llmSettings } from './llm/createGateway.ts';
export { LlmError } from './llm/errors.ts';
export type { LlmGateway, LlmReply, LlmRequest, Step, TokenUsage } from './llm/gateway.ts';
export { writeOffline } from './offline/writeOffline.ts';
export * from './runContext.ts';
export * from './runTask.ts';
export { createStoryWorkStore, type StoryWorkRun } from './storyWorkStore.ts';
export * from './task-logging/index.ts';
