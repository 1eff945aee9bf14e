/** A reader in a real browser: opens a bundle from a file, and fails on anything a good bundle does not do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromiumPath } from '@story-tasks/contracts/test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** How long a condition on a page may take, in milliseconds. */
const conditionMs = 10_000;

/** Chromium with nothing of its own to say to the network. */
const quietArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

/** Less motion: nothing is to be waited for. */
const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' };

export interface Reader extends AsyncDisposable {
  readonly page: Page;
  readonly url: string;
  /** What a bundle must not cause: console errors, uncaught errors, requests other than for the file itself. */
  readonly faults: readonly string[];
  /** Waits until the page shows this as its main heading. */
  see(heading: string): Promise<void>;
  choose(label: string): Promise<void>;
  press(name: string): Promise<void>;
  /** What is to be seen of the page's text. */
  text(): Promise<string>;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: quietArguments });
}

/**
 * @param html the bundle
 * @param options of the browser's context: screen, motion (less, unless said), scripting
 * @param arrange runs on the page before the bundle is opened
 */
export async function openBundle(
  browser: Browser,
  html: string,
  options: BrowserContextOptions = {},
  arrange: (page: Page) => Promise<unknown> = async () => {},
): Promise<Reader> {
  const folder = await mkdtemp(join(tmpdir(), 'story-bundle-'));
  const file = join(folder, 'story.html');
  await writeFile(file, html);
  const context = await browser.newContext({ ...desktop, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(conditionMs);
  const url = pathToFileURL(file).href;
  const faults = watch(page, url);
  await arrange(page);
  await page.goto(url);
  return {
    ...handles(page),
    page,
    url,
    faults,
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function watch(page: Page, url: string): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== url && !request.url().startsWith('data:'))
      faults.push(`request: ${request.url()}`);
  });
  return faults;
}

function handles(page: Page): Pick<Reader, 'see' | 'choose' | 'press' | 'text'> {
  return {
    see: (heading) => page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor(),
    choose: (label) => page.getByRole('button', { name: label }).click(),
    press: (name) => page.getByRole('button', { name, exact: true }).click(),
    text: () => page.evaluate<string>('document.body.innerText'),
  };
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { html: string }[];
  }[];
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Serious and critical faults that axe-core finds on the page as it stands. The context must have `bypassCSP`. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  const result = (await page.evaluate('axe.run()')) as AxeResult;
  return result.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}
