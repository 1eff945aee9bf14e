/**
 * Runs the suites one after the other, so that two cores are not shared by a browser and a database, and sums their
 * counts. The last line is `N passed, N failed`; a suite that ran nothing is a failure. With --more, the run before is part of it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

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
  /** What failed, a line each; a suite that ran nothing has none. */
  readonly failures: readonly string[];
}

type Outcome = Pick<Counts, 'passed' | 'failed' | 'failures'>;

/** As vitest's reporter `json` writes it. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed';
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

interface FaultsReport extends Omit<Outcome, 'failures'> {
  readonly violations: readonly { readonly fault: string; readonly check: string; readonly told: string }[];
}

function runSuite(suite: string): Counts {
  const startedAt = performance.now();
  const outcome = suite === faults ? runFaults() : runVitest(suite);
  return { suite, ...outcome, seconds: (performance.now() - startedAt) / 1000 };
}

function runFaults(): Outcome {
  const env = { ...faultsInCi, ...process.env };
  const { status } = spawnSync(process.execPath, ['faults/src/main.ts'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  const report = readJson<FaultsReport>(join(results, `${faults}.json`));
  const { passed, failed, violations } = report ?? { passed: 0, failed: 1, violations: [] };
  return {
    passed,
    failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed,
    failures: violations.map(({ fault, check, told }) => oneLine(`fault ${fault}: ${check}: ${told}`)),
  };
}

function runVitest(suite: string): Outcome {
  const file = join(results, `${suite}.json`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', suite];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { status } = spawnSync(process.execPath, [...vitest, ...reporters], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return outcomeOf(file, status);
}

/** A file that could not even be loaded counts as one failure, and so does a run that ended badly or found no test. */
function outcomeOf(file: string, status: number | null): Outcome {
  const report = readJson<Report>(file);
  if (report === undefined) return { passed: 0, failed: 1, failures: [] };
  const { numPassedTests: passed } = report;
  const failures = report.testResults.flatMap(failuresOf);
  const silent = status !== 0 || passed === 0;
  return { passed, failed: Math.max(failures.length, silent ? 1 : 0), failures };
}

/** A file's own message is there when it, or what it does before and after its tests, failed. */
function failuresOf({ name, status, message, assertionResults }: Report['testResults'][number]): string[] {
  const file = relative('.', name);
  const tests = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages }) => oneLine(`${file}: ${fullName}: ${failureMessages?.[0] ?? ''}`));
  return status === 'failed' && tests.length === 0 ? [oneLine(`${file}: ${message}`)] : tests;
}

const oneLine = (text: string) => stripVTControlCharacters(text).split('\n', 1)[0]?.slice(0, 300) ?? '';

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
// Once more, and together: a log of an hour is seldom read from its beginning.
for (const { suite, failures } of counts)
  for (const failure of failures) console.log(`\nfailed in ${suite}: ${failure}`);
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
