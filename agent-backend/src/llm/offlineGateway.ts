/** The provider without a model: a writer makes each document from the data of its step, the same every time. */
import { pause, systemWorld, type World } from '@story-tasks/contracts';
import { LlmError } from './errors.ts';
import type { LlmGateway, LlmReply, LlmRequest, Step, StepInputs, StepOutputs, TokenUsage } from './gateway.ts';
import type { OfflineFault } from './offlineFault.ts';
import { checkReply } from './reply.ts';

/** Writes the document of a step. Deterministic: the same input gives the same document. */
export type OfflineWriter = <S extends Step>(step: S, input: StepInputs[S]) => StepOutputs[S];

export interface OfflineGatewayOptions {
  readonly write: OfflineWriter;
  /** Milliseconds each call takes. */
  readonly latencyMs: number;
  readonly fail?: OfflineFault | undefined;
  readonly world?: World;
}

/** Into how many parts the wait is cut; progress is reported after each. */
const PARTS = 4;

export function createOfflineGateway(options: OfflineGatewayOptions): LlmGateway {
  const calls = new Map<Step, number>();
  return {
    provider: 'offline',
    model: 'offline-storyteller',
    offline: true,
    async generate(request) {
      const call = (calls.get(request.step) ?? 0) + 1;
      calls.set(request.step, call);
      return generate(options, request, call);
    },
  };
}

async function generate<S extends Step>(
  { write, latencyMs, fail, world = systemWorld }: OfflineGatewayOptions,
  request: LlmRequest<S>,
  call: number,
): Promise<LlmReply<StepOutputs[S]>> {
  request.signal.throwIfAborted();
  const text = JSON.stringify(write(request.step, request.input));
  await pretendToWrite(world, text.length, latencyMs, request);
  if (fail?.step === request.step && fail.call === call) {
    throw new LlmError(fail.code, 'OFFLINE_FAIL asked for this failure.');
  }
  const checked = checkReply({ text, cutOff: false }, request.schema);
  if ('value' in checked) return { value: checked.value, usage: estimate(request, text) };
  throw new LlmError('LLM_INVALID_OUTPUT', `The offline writer made a wrong document: ${checked.summary}.`);
}

async function pretendToWrite<S extends Step>(
  { clock }: World,
  characters: number,
  latencyMs: number,
  { signal, onProgress }: LlmRequest<S>,
): Promise<void> {
  for (let part = 1; part <= PARTS; part += 1) {
    await pause(clock, latencyMs / PARTS, signal);
    onProgress?.(Math.round((characters * part) / PARTS));
  }
}

/** A token is taken to be four characters, rounded up: of both prompts for the input, of the JSON for the output. */
function estimate<S extends Step>({ prompt }: LlmRequest<S>, text: string): TokenUsage {
  return {
    inputTokens: Math.ceil((prompt.system.length + prompt.user.length) / 4),
    outputTokens: Math.ceil(text.length / 4),
  };
}
