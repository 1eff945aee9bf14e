/**
 * Spans, as OpenTelemetry has them. While tracing is off there is no SDK behind these, and each does next to nothing. What a
 * span carries leaves the machine: names, ids, figures and codes of ours, never text of a prompt, a reply or an error.
 */
import type { IncomingHttpHeaders } from 'node:http';
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { describeError } from '@story-tasks/contracts';

export type { Span };

const tracer = trace.getTracer('story-tasks');

export interface SpanOptions {
  readonly name: string;
  /** `producer` adds a job, `consumer` runs it, `client` asks another service. */
  readonly kind: 'producer' | 'consumer' | 'client';
  readonly attributes: Attributes;
}

const kinds = { producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER, client: SpanKind.CLIENT } as const;

/** Does the work inside a span of its own; spans that it makes are children of that. What it throws fails the span. */
export async function inSpan<T>({ name, kind, attributes }: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name, { kind: kinds[kind], attributes });
  try {
    return await context.with(trace.setSpan(context.active(), span), () => work(span));
  } catch (error) {
    failSpan(span, describeError(error).code);
    throw error;
  } finally {
    span.end();
  }
}

/** @param code one of ours; a message could carry anything */
export function failSpan(span: Span, code: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  span.setAttribute('error.type', code);
}

/**
 * Answers a request inside a span, as a child of the caller's when it sent one. Whoever answers ends the span.
 * @param method one of the known ones
 */
export function inServerSpan(method: string, headers: IncomingHttpHeaders, work: (span: Span) => void): void {
  const caller = propagation.extract(ROOT_CONTEXT, headers);
  const attributes = { 'http.request.method': method };
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, caller);
  context.with(trace.setSpan(caller, span), () => work(span));
}

/** The present span, as text that travels with a job; undefined when there is none. */
export function carriedSpan(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return Object.keys(carrier).length === 0 ? undefined : JSON.stringify(carrier);
}

/** Does the work as a child of the span that travelled; of none when nothing readable did. */
export function underCarriedSpan<T>(carried: string | undefined, work: () => T): T {
  return context.with(propagation.extract(ROOT_CONTEXT, carrierOf(carried)), work);
}

function carrierOf(carried: string | undefined): unknown {
  try {
    return JSON.parse(carried ?? '{}') ?? {};
  } catch {
    return {};
  }
}

/** What a log line says of the present span. */
export function traceFields(): { traceId?: string } {
  const span = trace.getActiveSpan();
  return span === undefined ? {} : { traceId: span.spanContext().traceId };
}
