import { defineConfig } from 'vitest/config';

const suite = (
  name: string,
  options: { maxWorkers: number; testTimeout: number; include?: string[]; exclude?: string[]; globalSetup?: string },
) => ({
  test: {
    name,
    environment: 'node' as const,
    include: options.include ?? [`**/*.${name}.test.ts`],
    exclude: ['**/node_modules/**', '**/.local/**', ...(options.exclude ?? [])],
    maxWorkers: options.maxWorkers,
    testTimeout: options.testTimeout,
    hookTimeout: 120_000,
    ...(options.globalSetup === undefined ? {} : { globalSetup: options.globalSetup }),
  },
});

/**
 * Suites by what they need: `x.test.ts` needs nothing, `x.wire.test.ts` a local HTTP server, `x.database.test.ts`
 * Supabase Lite or Postgres, `x.browser.test.ts` Chromium, `x.process.test.ts` Redis and whole processes,
 * `x.chart.test.ts` helm (`make chart`), `x.e2e.test.ts` a cluster with the images of this tree (`make e2e`).
 */
const special = ['wire', 'database', 'browser', 'process', 'chart', 'e2e'];
export default defineConfig({
  test: {
    projects: [
      suite('unit', {
        include: ['**/*.test.ts'],
        exclude: special.map((name) => `**/*.${name}.test.ts`),
        maxWorkers: 2,
        testTimeout: 10_000,
      }),
      suite('wire', { maxWorkers: 2, testTimeout: 30_000 }),
      suite('database', { maxWorkers: 2, testTimeout: 120_000 }),
      suite('browser', { maxWorkers: 1, testTimeout: 120_000 }),
      suite('process', { maxWorkers: 1, testTimeout: 180_000 }),
      suite('chart', { maxWorkers: 2, testTimeout: 60_000 }),
      suite('e2e', { maxWorkers: 1, testTimeout: 300_000, globalSetup: 'e2e/src/globalSetup.ts' }),
    ],
  },
});
