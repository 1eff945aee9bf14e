/** The settings of LLM access, and the environment variables they come from. The descriptions are the documentation. */
import { z } from 'zod';

const providers = ['gemini', 'openai-compatible', 'offline'] as const;
export type LlmProvider = (typeof providers)[number];

export interface LlmSettings {
  /** Absent: Gemini when there is a `geminiApiKey`, else offline. */
  readonly provider?: LlmProvider | undefined;
  readonly model?: string | undefined;
  readonly geminiApiKey?: string | undefined;
  /** Of the provider that is named: the root that `/chat/completions` or `/models/...` is appended to. */
  readonly baseUrl?: string | undefined;
  /** For the OpenAI-compatible provider; many servers in a cluster want none. */
  readonly apiKey?: string | undefined;
  /** Milliseconds for one HTTP call. */
  readonly timeoutMs: number;
  readonly stream: boolean;
  /** Milliseconds for one call of the offline provider. */
  readonly offlineLatencyMs: number;
  /** `step:call:CODE`, see `parseOfflineFault`. */
  readonly offlineFail?: string | undefined;
}

/** A blank value counts as unset; the newline that a mounted secret often ends with is dropped. */
const set = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === 'string' ? value.trim() || undefined : value), schema);

const text = z.string().optional();

export const llmEnvSchema = z.object({
  LLM_PROVIDER: set(z.enum(providers).optional()).describe(
    'gemini, openai-compatible or offline. Unset: gemini when GEMINI_API_KEY is set, else offline (no model).',
  ),
  LLM_MODEL: set(text).describe('Name of the model. Required for openai-compatible.'),
  GEMINI_API_KEY: set(text).describe('API key for gemini.'),
  LLM_BASE_URL: set(z.url({ protocol: /^https?$/ }).optional()).describe(
    'Root of the API, as in http://vllm:8000/v1. Required for openai-compatible; for gemini it replaces Google’s. Needs LLM_PROVIDER.',
  ),
  LLM_API_KEY: set(text).describe('API key for openai-compatible, sent as a bearer token. Unset: none is sent.'),
  LLM_TIMEOUT_SECONDS: set(z.coerce.number().positive().max(3600).default(120)).describe(
    'Seconds for one call to the model, to the end of its reply. A server that sends nothing for 300 is given up anyway.',
  ),
  LLM_STREAM: set(z.stringbool().default(true)).describe(
    'true (the default): replies are streamed, so that progress shows while a document is written.',
  ),
  OFFLINE_LATENCY_MS: set(z.coerce.number().int().min(0).max(3_600_000).default(0)).describe(
    'Milliseconds the offline provider takes for each call.',
  ),
  OFFLINE_FAIL: set(text).describe(
    'step:call:CODE, as in scenelet:3:LLM_UNAVAILABLE: that call (from 1, per process) of the offline provider fails with that code.',
  ),
});

type LlmEnv = z.output<typeof llmEnvSchema>;

/** The settings that parsed variables stand for. */
export function llmSettings(env: LlmEnv): LlmSettings {
  return {
    provider: env.LLM_PROVIDER,
    model: env.LLM_MODEL,
    geminiApiKey: env.GEMINI_API_KEY,
    baseUrl: env.LLM_BASE_URL,
    apiKey: env.LLM_API_KEY,
    // A timer takes whole milliseconds alone, and 1.1 * 1000 is not.
    timeoutMs: Math.max(1, Math.round(env.LLM_TIMEOUT_SECONDS * 1000)),
    stream: env.LLM_STREAM,
    offlineLatencyMs: env.OFFLINE_LATENCY_MS,
    offlineFail: env.OFFLINE_FAIL,
  };
}
