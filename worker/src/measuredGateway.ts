/** The way to the model, counted, timed and traced for one run. The story domain knows nothing of it. */
import { LlmError, type LlmGateway, type LlmReply, type LlmRequest, type TokenUsage } from '@story-tasks/agent-backend';
import { describeError, type Operation } from '@story-tasks/contracts';
import { codeLabel, failSpan, inSpan, type Metrics, type Span } from '@story-tasks/runtime';

type LlmMetrics = ReturnType<typeof llmMetrics>;

export function llmMetrics(metrics: Metrics) {
  return {
    calls: metrics.counter('story_tasks_llm_calls_total'),
    tokens: metrics.counter('story_tasks_llm_tokens_total'),
    seconds: metrics.histogram('story_tasks_llm_call_seconds'),
  };
}

interface Measured {
  readonly llm: LlmGateway;
  readonly operation: Operation;
  readonly metrics: LlmMetrics;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

export function measuredGateway(measured: Measured): LlmGateway {
  const { llm } = measured;
  return { ...llm, generate: (request) => measure(measured, request, () => llm.generate(request)) };
}

type Request = Pick<LlmRequest<'constitution'>, 'signal'> & { readonly step: string };

function measure<T>(measured: Measured, request: Request, call: () => Promise<LlmReply<T>>): Promise<LlmReply<T>> {
  const { provider, model } = measured.llm;
  // Names as in OpenTelemetry's conventions for generative AI; of prompt and reply nothing but their size.
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'story_tasks.step': request.step,
  };
  return inSpan({ name: `chat ${model}`, kind: 'client', attributes }, async (span) => {
    const startedAt = measured.now();
    const ended = (outcome: string, usage: TokenUsage | undefined) =>
      tell(measured, span, { outcome, usage, seconds: (measured.now() - startedAt) / 1_000 });
    try {
      const reply = await call();
      ended('ok', reply.usage);
      return reply;
    } catch (error) {
      const outcome = request.signal.aborted ? 'aborted' : codeLabel(describeError(error).code);
      ended(outcome, error instanceof LlmError ? error.usage : undefined);
      failSpan(span, outcome);
      throw error;
    }
  });
}

interface CallEnd {
  readonly outcome: string;
  readonly usage: TokenUsage | undefined;
  readonly seconds: number;
}

function tell({ llm, operation, metrics }: Measured, span: Span, { outcome, usage, seconds }: CallEnd): void {
  const labels = { operation, model: llm.model };
  metrics.calls.inc({ ...labels, outcome });
  metrics.seconds.observe(labels, seconds);
  span.setAttribute('story_tasks.outcome', outcome);
  if (usage === undefined) return;
  metrics.tokens.inc({ ...labels, direction: 'input' }, usage.inputTokens);
  metrics.tokens.inc({ ...labels, direction: 'output' }, usage.outputTokens);
  span.setAttributes({
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
  });
}
