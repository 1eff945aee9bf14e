import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { CodedError } from '@story-tasks/contracts';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { carriedSpan, failSpan, inServerSpan, inSpan, traceFields, underCarriedSpan } from './spans.ts';

const exporter = new InMemorySpanExporter();
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
});
beforeEach(() => exporter.reset());

const job = { name: 'a job', kind: 'producer', attributes: {} } as const;
const run = { name: 'a run', kind: 'consumer', attributes: {} } as const;

test('a run is the child of the span that travelled with its job', async () => {
  const carried = await inSpan(job, async () => carriedSpan());
  const logged = await underCarriedSpan(carried, () => inSpan(run, async () => traceFields()));
  const [made, done] = exporter.getFinishedSpans();
  expect(done?.parentSpanContext?.spanId).toBe(made?.spanContext().spanId);
  expect(logged).toEqual({ traceId: made?.spanContext().traceId });
});

test.each(['', 'no json', 'null', '7', '{"traceparent":"no trace"}', '{"traceparent":7}'])(
  'what travelled as %j is passed over, and a new trace begins',
  async (carried) => {
    await underCarriedSpan(carried, () => inSpan(run, async () => undefined));
    expect(exporter.getFinishedSpans()[0]?.parentSpanContext).toBe(undefined);
  },
);

test('a span fails with the code of what was thrown, and with nothing that it says', async () => {
  const coded = new CodedError('SOME_CODE', 'fatal', 'canary');
  for (const error of [coded, new TypeError('canary')])
    await expect(inSpan(run, () => Promise.reject(error))).rejects.toBe(error);
  const failed = exporter.getFinishedSpans().map(({ status, attributes, events }) => ({ status, attributes, events }));
  expect(failed.map(({ status }) => status.message)).toEqual(['SOME_CODE', 'INTERNAL']);
  expect(JSON.stringify(failed)).not.toContain('canary');
});

test('a request continues its caller’s trace when it names one, and begins one when not', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traceIds: unknown[] = [];
  for (const headers of [{ traceparent: `00-${traceId}-b7ad6b7169203331-01` }, { traceparent: 'canary' }]) {
    inServerSpan('GET', headers, (span) => {
      traceIds.push(traceFields().traceId);
      failSpan(span, 'INTERNAL');
      span.end();
    });
  }
  expect(traceIds).toEqual([traceId, expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(traceIds[1]).not.toBe(traceId);
});
