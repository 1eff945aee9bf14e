/** One HTTP call to a model, plain or streamed: text and token counts, or a typed error. */
import { type Clock, CodedError } from '@story-tasks/contracts';
import {
  type FinishReason,
  generateText,
  type JSONSchema7,
  jsonSchema,
  type LanguageModel,
  type LanguageModelUsage,
  type ModelMessage,
  Output,
  type OutputInterface,
  streamText,
} from 'ai';
import { LlmError } from './errors.ts';
import type { TokenUsage } from './gateway.ts';
import { toLlmError } from './sdkErrors.ts';

interface ModelCall {
  readonly model: LanguageModel;
  readonly stream: boolean;
  readonly timeoutMs: number;
  readonly schema: JSONSchema7;
  readonly instructions: string;
  readonly messages: ModelMessage[];
  readonly signal: AbortSignal;
  readonly onProgress?: ((characters: number) => void) | undefined;
  /** For a date that the provider asks to wait for. The timeout is the socket's, and so the machine's own. */
  readonly clock: Clock;
}

export interface ModelReply {
  readonly text: string;
  /** The model reached its longest reply. */
  readonly cutOff: boolean;
  readonly usage: TokenUsage;
}

/**
 * @throws LlmError; the reason of `signal` when that aborted the call
 */
export async function callModel(call: ModelCall): Promise<ModelReply> {
  call.signal.throwIfAborted();
  const timeout = AbortSignal.timeout(call.timeoutMs);
  // Leaving the loop over a stream does not close the connection: the SDK keeps a second reader for replays.
  const left = new AbortController();
  const abortSignal = AbortSignal.any([call.signal, timeout, left.signal]);
  try {
    return await (call.stream ? streamed(call, abortSignal) : plain(call, abortSignal));
  } catch (error) {
    call.signal.throwIfAborted();
    if (timeout.aborted) throw new LlmError('LLM_TIMEOUT', `The model took longer than ${call.timeoutMs} ms.`);
    throw error instanceof CodedError ? error : toLlmError(error, call.clock.date());
  } finally {
    left.abort();
  }
}

async function plain(call: ModelCall, abortSignal: AbortSignal): Promise<ModelReply> {
  const result = await generateText(requestOf(call, abortSignal));
  return toReply(result.text, result.finishReason, result.usage);
}

async function streamed(call: ModelCall, abortSignal: AbortSignal): Promise<ModelReply> {
  // Without a handler the SDK prints the error, and the request in it, on the console.
  const result = streamText({ ...requestOf(call, abortSignal), onError: () => {} });
  let text = '';
  for await (const part of result.stream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'finish') return toReply(text, part.finishReason, part.totalUsage);
    if (part.type === 'text-delta') {
      text += part.text;
      call.onProgress?.(text.length);
    }
  }
  // The SDK ends the stream of an aborted call without a finish part.
  abortSignal.throwIfAborted();
  throw brokenOff();
}

function requestOf(call: ModelCall, abortSignal: AbortSignal) {
  return {
    model: call.model,
    instructions: call.instructions,
    messages: call.messages,
    output: jsonText(call.schema),
    abortSignal,
    maxRetries: 0,
    // Prompts and replies stay out of telemetry integrations and diagnostics channels.
    telemetry: { isEnabled: false },
  };
}

/**
 * Output.object as far as the request goes, but the reply comes back as text. Output.object itself parses the whole
 * reply anew for every piece of a stream, holds back pieces it cannot parse, and checks what the zod schema checks again.
 */
function jsonText(schema: JSONSchema7): OutputInterface<string, string, never> {
  return { ...Output.text(), responseFormat: Output.object({ schema: jsonSchema(schema) }).responseFormat };
}

function toReply(text: string, finishReason: FinishReason, tokens: LanguageModelUsage): ModelReply {
  const usage = { inputTokens: tokens.inputTokens ?? 0, outputTokens: tokens.outputTokens ?? 0 };
  if (finishReason === 'content-filter') {
    throw new LlmError('LLM_BLOCKED', "The provider's safety rules blocked this call.", { usage });
  }
  if (finishReason === 'interrupted') throw brokenOff();
  return { text, cutOff: finishReason === 'length', usage };
}

function brokenOff(): LlmError {
  return new LlmError('LLM_UNAVAILABLE', 'The stream ended before the reply did.');
}
