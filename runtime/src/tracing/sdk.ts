/** OpenTelemetry's SDK, set up: spans go in batches to a collector, by OTLP over HTTP. Loaded only when it is wanted. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logger.ts';

/** For this process; what cannot be sent waits in a queue of bounded length, and is dropped beyond it. */
export function startSdk(component: string, logger: Logger): Pick<TracerProvider, 'shutdown'> {
  const named = resourceFromAttributes({ 'service.name': `story-tasks-${component}` });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: telling(new OTLPTraceExporter(), logger) })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return provider;
}

/** Logs that the collector is away once, and that it is back; not where it is, for an address may carry a key. */
function telling(exporter: SpanExporter, logger: Logger): SpanExporter {
  let away = false;
  return {
    export: (spans, told) =>
      exporter.export(spans, (result) => {
        const failed = result.code === ExportResultCode.FAILED;
        if (failed && !away) logger.warn({ error: result.error }, 'the trace collector is away');
        if (!failed && away) logger.info('the trace collector is back');
        away = failed;
        told(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
