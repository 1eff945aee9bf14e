/** The package as others get it: packed, put into an empty project, and used there with nothing of this repository. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const here = fileURLToPath(new URL('..', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

let project: string;
let manifest: Manifest;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'story-tasks-package-'));
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: here });
  const home = join(project, 'node_modules', '@story-tasks', 'client');
  await mkdir(home, { recursive: true });
  await run('tar', ['-xzf', join(project, stdout.trim()), '--strip-components=1', '-C', home]);
  manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as Manifest;
  await installDependencies(home);
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** What npm would fetch, from where it was fetched before: only what the manifest names, and what that needs. */
async function installDependencies(home: string): Promise<void> {
  for (const name of Object.keys(manifest.dependencies)) {
    await symlink(join(modules, name), join(project, 'node_modules', name));
  }
  await mkdir(join(project, 'node_modules', '.bin'));
  await symlink(join(home, 'bin', 'story-tasks.js'), join(project, 'node_modules', '.bin', 'story-tasks'));
}

test('the package holds what was built, and nothing of the repository', async () => {
  const home = join(project, 'node_modules', '@story-tasks', 'client');
  const files = await readdir(home, { recursive: true });
  expect(files).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'bin/story-tasks.js']));
  expect(files.filter((name) => /(?<!\.d)\.ts$|test|node_modules/.test(name))).toEqual([]);
  expect(Object.keys(manifest.dependencies).filter((name) => name.startsWith('@story-tasks'))).toEqual([]);
  for (const name of files.filter((file) => /\.(js|ts)$/.test(file))) {
    const imports = (await readFile(join(home, name), 'utf8')).match(/from ['"][^'"]+['"]/g) ?? [];
    expect(imports.filter((text) => /@story-tasks|\.ts['"]/.test(text))).toEqual([]);
  }
});

test('plain Node imports it, and makes a call', async () => {
  const script = `
    import { createClient, StoryTasksConnectionError } from '@story-tasks/client';
    const client = createClient({ url: 'http://127.0.0.1:9', retries: 0 });
    const error = await client.list().catch((error) => error);
    console.log(error instanceof StoryTasksConnectionError, error.code);`;
  await writeFile(join(project, 'use.js'), script);
  const { stdout } = await run(process.execPath, ['use.js'], { cwd: project });
  expect(stdout).toBe('true API_UNREACHABLE\n');
});

const consumer = `
import { createClient, type Task, type TaskEvent } from '@story-tasks/client';
const client = createClient({ url: 'http://story-tasks:8080' });
export async function make(storyId: string): Promise<Task> {
  const { taskId } = await client.create({
    operation: 'RUN_WORKFLOW_TASK',
    storyId,
    options: { task: 'CREATE_CONSTITUTION' },
  });
  for await (const event of client.watch(taskId)) { const seq: number = (event satisfies TaskEvent).seq; void seq; }
  return (await client.get(taskId)).task;
}
`;

async function faultsOf(source: string): Promise<string> {
  await writeFile(join(project, 'use.ts'), source);
  const types = ['--types', 'node', '--typeRoots', join(modules, '@types')];
  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', 'false'];
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const checked = run(process.execPath, [tsc, 'use.ts', ...strict, ...types, '--ignoreConfig'], { cwd: project });
  return checked.then(
    ({ stdout }) => stdout,
    (error) => String((error as { stdout?: string }).stdout),
  );
}

test('its declarations type a strict consumer, and refuse what the API would', async () => {
  expect(await faultsOf(consumer)).toBe('');
  const wrong = [
    [consumer.replace('CREATE_CONSTITUTION', 'CREATE_OPERA'), 'CREATE_OPERA'],
    [consumer.replace("options: { task: 'CREATE_CONSTITUTION' },", ''), 'options'],
    [consumer.replace('const seq: number', 'const seq: string'), "'number' is not assignable to type 'string'"],
  ] as const;
  for (const [source, words] of wrong) expect(await faultsOf(source)).toContain(words);
});

test('its command runs by its name', async () => {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  const { stdout } = await run('npx', ['--no', '--', 'story-tasks', '--help'], { cwd: project, env });
  expect(stdout).toContain('Usage: story-tasks');
  const { stdout: version } = await run('npx', ['--no', '--', 'story-tasks', '--version'], { cwd: project, env });
  expect(version.trim()).toBe((manifest as Manifest & { version: string }).version);
});
