/** A collector of traces, OTLP over HTTP in JSON, that keeps what it was sent. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first of its trace. */
  readonly parentSpanId: string | undefined;
  readonly kind: 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code?: number; readonly message?: string };
}

export interface Collector {
  readonly url: string;
  /** Everything that came, as it came. */
  readonly bytes: () => string;
  readonly spans: () => ReceivedSpan[];
  stop(): Promise<void>;
}

/** @param answers false: takes connections, and never says a word */
export async function startCollector({ answers = true } = {}): Promise<Collector> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      received.push(`${request.method} ${request.url}\n${body}`);
      if (answers) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => received.join('\n'),
    spans: () => received.flatMap((text) => spansIn(text.slice(text.indexOf('\n') + 1))),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly doubleValue?: number };
}
interface SentSpan extends Omit<ReceivedSpan, 'attributes' | 'kind' | 'service'> {
  readonly kind: number;
  readonly attributes: Attribute[];
}
interface Sent {
  readonly resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: SentSpan[] }[] }[];
}

/** OTLP counts them from 1, `internal` first. */
const kinds: Readonly<Record<number, ReceivedSpan['kind']>> = {
  2: 'server',
  3: 'client',
  4: 'producer',
  5: 'consumer',
};

function spansIn(body: string): ReceivedSpan[] {
  return (JSON.parse(body) as Sent).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    const spans = scopeSpans.flatMap((scope) => scope.spans);
    return spans.map((span) => ({
      ...span,
      service,
      kind: kinds[span.kind] ?? 'client',
      attributes: valuesOf(span.attributes),
    }));
  });
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]),
  );
}
