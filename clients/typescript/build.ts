/**
 * Makes `dist/`, which is what is published: Node runs no TypeScript under node_modules. The contracts are private to this
 * repository, so they are built in, and what imports them by name imports them by path there.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** Where each name of the contracts stands in `dist`. */
const contracts = {
  '@story-tasks/contracts': 'contracts/index.js',
  '@story-tasks/contracts/terminal': 'contracts/terminal/index.js',
};

function compile(project: string): void {
  execFileSync(process.execPath, [tsc, '-p', join(here, project)], { stdio: ['ignore', 2, 2] });
}

/** Imports of the contracts, and in declarations also those of files by `.ts`, which the compiler leaves as they are. */
function mend(file: string): void {
  const text = readFileSync(file, 'utf8').replaceAll(/(from|import\()(\s*)'([^']+)'/g, (_, word, space, name) => {
    return `${word}${space}'${placeOf(name, file)}'`;
  });
  writeFileSync(file, text);
}

function placeOf(name: string, file: string): string {
  const place = contracts[name as keyof typeof contracts];
  if (place === undefined) return name.startsWith('.') ? name.replace(/\.ts$/, '.js') : name;
  const path = relative(dirname(file), join(dist, place));
  return path.startsWith('.') ? path : `./${path}`;
}

rmSync(dist, { recursive: true, force: true });
// The contracts first: the client is checked against what is built of them.
compile('tsconfig.contracts.json');
compile('tsconfig.dist.json');
for (const file of globSync('**/*.{js,d.ts}', { cwd: dist })) mend(join(dist, file));
copyFileSync(join(here, '../../LICENSE'), join(dist, 'LICENSE'));
