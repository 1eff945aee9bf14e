/** Requests as they are timed, over real connections. */
import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metrics } from '@story-tasks/runtime';
import express, { type Response } from 'express';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { observeRequests } from './observeRequests.ts';

let metrics: Metrics;
let server: Server;
let url: string;
/** Answers that wait for the test. */
let held: Response[];

beforeEach(async () => {
  metrics = new Metrics();
  held = [];
  const app = express();
  app.use(observeRequests(metrics));
  app.get('/things/:id', (_request, response) => void response.json({}));
  app.get('/held', (_request, response) => void held.push(response));
  app.get('/stream', (_request, response) => {
    response.locals['answering']();
    response.write('begun');
    held.push(response);
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

/** How many were timed, by their labels. */
async function counts(): Promise<Record<string, number>> {
  const { text } = await metrics.expose();
  const lines = text.matchAll(
    /^http_request_duration_seconds_count\{method="(.*)",route="(.*)",status="(.*)"\} (\d+)$/gm,
  );
  return Object.fromEntries(
    [...lines].map(([, method, route, status, count]) => [`${method} ${route} ${status}`, Number(count)]),
  );
}

test('requests count under the pattern of their route, whatever is in their URL', async () => {
  for (const id of ['a', 'b', 'c?key=canary']) await fetch(`${url}/things/${id}`);
  await expect.poll(counts).toEqual({ 'GET /things/:id 200': 3 });
  expect((await metrics.expose()).text).not.toContain('canary');
});

test('what nobody answers is not told apart, nor is a method that nobody knows', async () => {
  await fetch(`${url}/canary`);
  await fetch(`${url}/another`);
  const odd = request(`${url}/things/a`, { method: 'PROPFIND' }).end();
  await once(odd, 'response');
  await expect.poll(counts).toEqual({ 'GET unmatched 404': 2, 'other unmatched 404': 1 });
});

test('a stream counts when it begins, and not again when it ends', async () => {
  const following = await fetch(`${url}/stream`);
  expect(await counts()).toEqual({ 'GET /stream 200': 1 });
  held[0]?.end();
  await following.text();
  await fetch(`${url}/things/a`);
  await expect.poll(counts).toEqual({ 'GET /stream 200': 1, 'GET /things/:id 200': 1 });
});

test('a client that leaves before its answer counts as such', async () => {
  const leaving = new AbortController();
  const left = fetch(`${url}/held`, { signal: leaving.signal }).catch(() => 'left');
  await expect.poll(() => held.length).toBe(1);
  leaving.abort();
  expect(await left).toBe('left');
  await expect.poll(counts).toEqual({ 'GET /held 499': 1 });
});
