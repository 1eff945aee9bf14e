/**
 * `make mutants`: each planted fault must be caught by the checker, and the code as it is must pass the same rounds. A
 * check that nothing can fail says nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mutants } from './all.ts';
import { type CodeCopy, copyCode } from './copyTree.ts';
import type { Mutant } from './mutant.ts';

/** One that is not caught by then is not caught. */
const limitMs = 180_000;

interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly violations: readonly { readonly check: string; readonly told: string }[];
}

interface Play {
  readonly faults: string;
  readonly sweep?: number | undefined;
  readonly stopAtFirst: boolean;
}

/** Plays rounds with the code of the copy. @returns null when the suite itself could not be run */
async function play({ dir }: CodeCopy, { faults, sweep, stopAtFirst }: Play, withinMs: number): Promise<Result | null> {
  const results = join(dir, 'test-results', 'faults.json');
  await rm(results, { force: true });
  const env = {
    ...process.env,
    FAULT: faults,
    ROUNDS: '0',
    SEED: '1',
    SETTLE_SECONDS: '10',
    STOP_AT_FIRST: String(stopAtFirst),
    KEEP_STATE: 'false',
    ...(sweep === undefined ? {} : { SWEEP: String(sweep) }),
  };
  const child = spawn(process.execPath, ['faults/src/main.ts'], {
    cwd: dir,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const late = setTimeout(() => child.kill('SIGTERM'), withinMs);
  await once(child, 'exit');
  clearTimeout(late);
  return readFile(results, 'utf8').then(
    (text) => JSON.parse(text) as Result,
    () => null,
  );
}

interface Verdict {
  readonly mutant: string;
  readonly caughtBy: readonly string[];
}

/** A round that threw, or took too long, may have done so on a slow machine alone. */
const judged = /^(I\d|also expected)/;

async function tryMutant(copy: CodeCopy, { name, edits, faults, sweep }: Mutant): Promise<Verdict> {
  const takeBack = await copy.plant(edits);
  const result = await play(copy, { faults, sweep, stopAtFirst: true }, limitMs);
  await takeBack();
  const found = [...new Set(result?.violations.map(({ check }) => check))];
  const caughtBy = found.filter((check) => judged.test(check));
  const verdict = caughtBy.length === 0 ? ['NOT CAUGHT', ...found].join('; ') : caughtBy.join('; ');
  console.log(`  ${name.padEnd(50)} fault ${faults.padEnd(3)}  ${verdict}`);
  return { mutant: name, caughtBy };
}

/** The rounds that catch mutants find nothing in the code as it is. */
async function tryOriginal(copy: CodeCopy): Promise<boolean> {
  const faults = [...new Set(mutants.map((mutant) => mutant.faults))].join(',');
  const result = await play(copy, { faults, sweep: 8, stopAtFirst: false }, 4 * limitMs);
  console.log(
    `  without a mutant, faults ${faults}: ${result?.passed ?? 0} rounds passed, ${result?.failed ?? 'all'} failed\n`,
  );
  for (const { check, told } of result?.violations ?? []) console.log(`    ${check}: ${told}`);
  return result !== null && result.failed === 0 && result.passed > 0;
}

await using copy = await copyCode();
const wanted = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
console.log(`\n${chosen.length} mutants, each with the rounds meant for it, and the checks that caught it\n`);
const sound = wanted.length > 0 || (await tryOriginal(copy));
const verdicts: Verdict[] = [];
for (const mutant of chosen) verdicts.push(await tryMutant(copy, mutant));
const caught = verdicts.filter(({ caughtBy }) => caughtBy.length > 0).length;
console.log(
  `\n${caught} of ${verdicts.length} mutants caught${sound ? '' : '; the code as it is failed the same rounds'}`,
);
process.exitCode = sound && caught === verdicts.length ? 0 : 1;
