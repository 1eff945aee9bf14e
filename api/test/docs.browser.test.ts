/** The page at /api/docs in a real browser, from a running app: an engineer in a cluster without a way out must see it. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromiumPath } from '@story-tasks/contracts/test';
import { createLogger, Metrics } from '@story-tasks/runtime';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { everybody } from '../src/auth/authentication.ts';
import type { ApiDependencies } from '../src/dependencies.ts';
import { endpoints } from '../src/endpoints/index.ts';

let server: Server;
let browser: Browser;
let port: number;
beforeAll(async () => {
  // The page, its files and the document need nothing of what the other calls do.
  const dependencies = { logger: createLogger('api', 'silent'), metrics: new Metrics() } as ApiDependencies;
  server = createApp(dependencies, everybody).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  // A name that is not the loopback's, as a service has in a cluster: browsers treat those less kindly over http.
  const args = ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP api.cluster 127.0.0.1`];
  browser = await chromium.launch({ executablePath: chromiumPath(), args });
});
afterAll(async () => {
  await browser.close();
  server.close();
});

interface Seen {
  readonly page: Page;
  readonly faults: string[];
  readonly requests: string[];
}

async function open(host: string): Promise<Seen> {
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  const [faults, requests]: [string[], string[]] = [[], []];
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('console', (message) => void (message.type() === 'error' && faults.push(`console: ${message.text()}`)));
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`http://${host}:${port}/api/docs`);
  await page
    .locator('.opblock')
    .nth(endpoints.length - 1)
    .waitFor();
  return { page, faults, requests };
}

test('the page shows every call, asks nobody else, and has nothing to complain of', async () => {
  const { page, faults, requests } = await open('127.0.0.1');
  const shown = await page.locator('.opblock-summary-path').allInnerTexts();
  const wanted = endpoints.map(({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));
  // Swagger UI puts invisible marks where a path may be broken.
  expect(shown.map((path) => path.replaceAll('\u200b', '')).toSorted()).toEqual(wanted.toSorted());
  expect(requests.filter((url) => !url.startsWith(`http://127.0.0.1:${port}/`) && !url.startsWith('data:'))).toEqual(
    [],
  );
  expect(faults).toEqual([]);
});

test('a call can be tried from the page', async () => {
  const { page } = await open('127.0.0.1');
  const call = page.locator('#operations-Documentation-getOpenApi');
  await call.locator('.opblock-summary').click();
  await call.getByRole('button', { name: 'Try it out' }).click();
  await call.getByRole('button', { name: 'Execute' }).click();
  await call.locator('.live-responses-table .response-col_status').filter({ hasText: '200' }).waitFor();
});

test('the page is there by a name in a cluster too, without https', async () => {
  const { page, requests } = await open('api.cluster');
  expect(await page.locator('.opblock').count()).toBe(endpoints.length);
  expect(requests.filter((url) => url.startsWith('https:'))).toEqual([]);
});
