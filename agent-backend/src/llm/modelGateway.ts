/** The gateway to a real model: each call with a timeout and a bounded retry, and one repair of a reply that does not fit. */
import { systemWorld, type World } from '@story-tasks/contracts';
import type { JSONSchema7, LanguageModel, ModelMessage } from 'ai';
import { LlmError } from './errors.ts';
import type { LlmGateway, LlmReply, LlmRequest, Step, StepOutputs, TokenUsage } from './gateway.ts';
import { callModel, type ModelReply } from './modelCall.ts';
import { checkReply, openingMessages, repairMessages } from './reply.ts';
import { withRetries } from './retry.ts';
import { toWireSchema } from './wireSchema.ts';

export interface ModelGatewayOptions {
  readonly model: LanguageModel;
  /** Names for the record: where a document came from. */
  readonly provider: string;
  readonly modelId: string;
  /** Milliseconds for one HTTP call from its start to the end of its reply; a retry and a repair start anew. */
  readonly timeoutMs: number;
  /** Use the streaming endpoint, and report progress. */
  readonly stream: boolean;
  readonly world?: World;
}

/**
 * One `generate` makes at most six HTTP calls: the call and its repair, each tried again twice after 429, 5xx and network
 * failures. `onProgress` starts at zero again with each of them.
 */
export function createModelGateway(options: ModelGatewayOptions): LlmGateway {
  return {
    provider: options.provider,
    model: options.modelId,
    offline: false,
    generate: (request) => generate(options, request),
  };
}

async function generate<S extends Step>(
  options: ModelGatewayOptions,
  request: LlmRequest<S>,
): Promise<LlmReply<StepOutputs[S]>> {
  const schema = await toWireSchema(request.schema);
  const reply = await ask(options, request, schema, openingMessages(request.prompt));
  const checked = checkReply(reply, request.schema);
  if ('value' in checked) return { value: checked.value, usage: reply.usage };

  const repair = await ask(options, request, schema, repairMessages(request.prompt, reply.text, checked.problems));
  const usage = sum(reply.usage, repair.usage);
  const repaired = checkReply(repair, request.schema);
  if ('value' in repaired) return { value: repaired.value, usage };
  throw new LlmError('LLM_INVALID_OUTPUT', `The reply cannot be used, nor its repair: ${repaired.summary}.`, { usage });
}

function ask<S extends Step>(
  options: ModelGatewayOptions,
  request: LlmRequest<S>,
  schema: JSONSchema7,
  messages: ModelMessage[],
): Promise<ModelReply> {
  const { model, stream, timeoutMs, world = systemWorld } = options;
  const { prompt, signal, onProgress } = request;
  const call = { model, stream, timeoutMs, schema, instructions: prompt.system, messages, signal, onProgress };
  return withRetries(() => callModel({ ...call, clock: world.clock }), world, signal);
}

function sum(one: TokenUsage, other: TokenUsage): TokenUsage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
  };
}
