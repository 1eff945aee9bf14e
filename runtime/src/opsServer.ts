/** The port that the platform asks: is the process alive, may it have traffic. Apart from the port that users ask. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics/metrics.ts';

export interface Health {
  readonly ok: boolean;
  readonly [detail: string]: unknown;
}

export interface OpsServerOptions {
  readonly port: number;
  readonly host: string;
  /** Alive: a false answer has the process restarted. */
  readonly health: () => Health | Promise<Health>;
  /** Ready for traffic. */
  readonly ready: () => Health | Promise<Health>;
  readonly metrics: Pick<Metrics, 'expose'>;
}

/** @returns the listening server */
export async function startOpsServer(options: OpsServerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(options, request.url ?? '', response).catch(() => send(response, { ok: false }));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return server;
}

async function answer(options: OpsServerOptions, url: string, response: ServerResponse): Promise<void> {
  const path = url.split('?', 1)[0];
  if (path === '/healthz') send(response, await options.health());
  else if (path === '/readyz') send(response, await options.ready());
  else if (path === '/metrics') await expose(options.metrics, response);
  else response.writeHead(404).end();
}

async function expose(metrics: Pick<Metrics, 'expose'>, response: ServerResponse): Promise<void> {
  const { contentType, text } = await metrics.expose();
  response.writeHead(200, { 'content-type': contentType }).end(text);
}

function send(response: ServerResponse, health: Health): void {
  response.writeHead(health.ok ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify(health));
}
