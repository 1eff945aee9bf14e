/**
 * Runs the suites one after the other, so that two cores are not shared by a browser and a database, and sums their
 * counts. The last line is `N passed, N failed`; a suite that ran nothing is a failure. With --more, the run before is part of it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const vitestSuites = ['unit', 'wire', 'database', 'browser', 'process'];
/** Run by its own main, and not by `make test`: minutes of broken links, and killed processes. */
const faults = 'faults';
/** Wants a cluster with the images of this tree: `make e2e`. */
const e2e = 'e2e';
/** Wants helm: `make chart`. */
const chart = 'chart';
const suites = [...vitestSuites, faults, chart, e2e];
/** What CI has time for, and the same plans each time, unless the environment says otherwise. */
const faultsInCi = { ROUNDS: '20', SWEEP: '3', SEED: '1' };
const results = 'test-results';
const countsFile = join(results, 'counts.json');

interface Counts {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
}

function runSuite(suite: string): Counts {
  const startedAt = performance.now();
  const counts = suite === faults ? runFaults() : runVitest(suite);
  return { suite, ...counts, seconds: (performance.now() - startedAt) / 1000 };
}

function runFaults(): Pick<Counts, 'passed' | 'failed'> {
  const env = { ...faultsInCi, ...process.env };
  const { status } = spawnSync(process.execPath, ['faults/src/main.ts'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  const { passed, failed } = readJson<Counts>(join(results, `${faults}.json`)) ?? { passed: 0, failed: 1 };
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed };
}

function runVitest(suite: string): Pick<Counts, 'passed' | 'failed'> {
  const file = join(results, `${suite}.json`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', suite];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { status } = spawnSync(process.execPath, [...vitest, ...reporters], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return countsOf(file, status);
}

/** A file that could not even be loaded counts as one failure, and so does a run that ended badly or found no test. */
function countsOf(file: string, status: number | null): { passed: number; failed: number } {
  const report = readJson<Report>(file);
  if (report === undefined) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests: failed } = report;
  const silent = status !== 0 || passed === 0;
  return { passed, failed: failed === 0 && silent ? 1 : failed };
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Goes on from the run before: its results stay, and its counts are in the sum. */
const more = process.argv.includes('--more');
const wanted = process.argv.slice(2).filter((argument) => argument !== '--more');
const unknown = wanted.filter((suite) => !suites.includes(suite));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}; there are ${suites.join(', ')}.`);
  process.exit(2);
}
if (!more) rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const before = more ? (readJson<Counts[]>(countsFile) ?? []) : [];
const counts = [...before, ...(wanted.length > 0 ? wanted : vitestSuites).map(runSuite)];
writeFileSync(countsFile, JSON.stringify(counts));
console.log('\nsuite       passed  failed  seconds');
for (const { suite, passed, failed, seconds } of counts) {
  console.log(
    `${suite.padEnd(10)} ${String(passed).padStart(7)} ${String(failed).padStart(7)} ${seconds.toFixed(1).padStart(8)}`,
  );
}
const sum = (of: (count: Counts) => number) => counts.reduce((total, count) => total + of(count), 0);
const failed = sum((count) => count.failed);
console.log(`${sum((count) => count.passed)} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
