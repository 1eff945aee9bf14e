/** From settings to a gateway. */
import { createGoogle } from '@ai-sdk/google';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { systemWorld, type World } from '@story-tasks/contracts';
import { LlmError } from './errors.ts';
import type { LlmGateway } from './gateway.ts';
import { createModelGateway, type ModelGatewayOptions } from './modelGateway.ts';
import { parseOfflineFault } from './offlineFault.ts';
import { createOfflineGateway, type OfflineWriter } from './offlineGateway.ts';
import type { LlmProvider, LlmSettings } from './settings.ts';

export { type LlmSettings, llmEnvSchema, llmSettings } from './settings.ts';

/** Generally available, with no shutdown announced (ai.google.dev/gemini-api/docs/deprecations, November 2026). */
export const DEFAULT_GEMINI_MODEL = 'gemini-3.8-flash';

/**
 * @param write what the offline provider writes with
 * @throws LlmError LLM_MISCONFIGURED that says which variable to set
 */
export function createGateway(settings: LlmSettings, write: OfflineWriter, world: World = systemWorld): LlmGateway {
  switch (providerOf(settings)) {
    case 'gemini':
      return createModelGateway({ ...gemini(settings), ...callSettings(settings), world });
    case 'openai-compatible':
      return createModelGateway({ ...openaiCompatible(settings), ...callSettings(settings), world });
    case 'offline':
      return createOfflineGateway({
        write,
        latencyMs: settings.offlineLatencyMs,
        world,
        fail: settings.offlineFail === undefined ? undefined : parseOfflineFault(settings.offlineFail),
      });
  }
}

function providerOf({ provider, baseUrl, geminiApiKey }: LlmSettings): LlmProvider {
  if (provider !== undefined) return provider;
  // A guess could send one provider's key to the other's server.
  if (baseUrl !== undefined) throw misconfigured('LLM_BASE_URL is set: set LLM_PROVIDER too, to say whose it is.');
  return geminiApiKey === undefined ? 'offline' : 'gemini';
}

type Model = Pick<ModelGatewayOptions, 'model' | 'provider' | 'modelId'>;

function gemini({ geminiApiKey, baseUrl, model: modelId = DEFAULT_GEMINI_MODEL }: LlmSettings): Model {
  if (geminiApiKey === undefined) throw misconfigured('LLM_PROVIDER is gemini: set GEMINI_API_KEY.');
  const provider = createGoogle({ apiKey: geminiApiKey, ...(baseUrl === undefined ? {} : { baseURL: baseUrl }) });
  return { model: provider(modelId), provider: 'gemini', modelId };
}

function openaiCompatible({ baseUrl, apiKey, model: modelId }: LlmSettings): Model {
  if (baseUrl === undefined) throw misconfigured('LLM_PROVIDER is openai-compatible: set LLM_BASE_URL.');
  if (modelId === undefined) throw misconfigured('LLM_PROVIDER is openai-compatible: set LLM_MODEL.');
  const provider = createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: baseUrl,
    ...(apiKey === undefined ? {} : { apiKey }),
    // Without these the schema is left out of the request, and the token counts out of a stream.
    supportsStructuredOutputs: true,
    includeUsage: true,
  });
  return { model: provider(modelId), provider: 'openai-compatible', modelId };
}

function callSettings({ timeoutMs, stream }: LlmSettings) {
  return { timeoutMs, stream };
}

function misconfigured(message: string): LlmError {
  return new LlmError('LLM_MISCONFIGURED', message);
}
