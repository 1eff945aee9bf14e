/** The command line: what there is to call, and the one place where an error becomes words and an exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ClientUsageError } from '../errors.ts';
import { type Context, clientOf, defaultUrl } from './context.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './errors.ts';
import { addHelp } from './helpText.ts';
import type { Host } from './host.ts';
import { untilInterrupted } from './interruption.ts';
import { Output } from './output.ts';
import { addStoryCommands } from './storyCommands.ts';
import { addTaskCommands } from './taskCommands.ts';
import { addTop } from './top.ts';

/** @param argv the arguments alone, without Node and the script */
export async function runCli(argv: readonly string[], host: Host): Promise<ExitCode> {
  const out = new Output(host, argv.includes('--json'));
  try {
    await createProgram(host, out).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok;
    const error = thrown instanceof CommanderError ? usageError(thrown) : thrown;
    out.error(error);
    return exitCodeOf(error);
  }
}

/** Of the package, which stands at the same place beside the source and beside what is built of it. */
function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function createProgram(host: Host, out: Output): Command {
  const program = new Command('story-tasks')
    .description('Creates and watches story tasks over the HTTP API.')
    .version(version())
    .option('--url <url>', `where the API is (default: STORY_TASKS_URL, or ${defaultUrl})`)
    .option('--json', 'one JSON value on stdout, errors as JSON on stderr: for scripts')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: () => undefined,
      // Told by `runCli`, in one shape for people and one for scripts.
      outputError: () => undefined,
    });
  const client = () => clientOf(program.opts<{ url?: string }>().url, host.env);
  const context: Context = { host, out, signal: untilInterrupted(host), client };
  addTaskCommands(program, context);
  addTop(program, context);
  addStoryCommands(program, context);
  addHelp(program);
  return program;
}

/** Commander's message as one sentence with a hint; what was typed is not repeated when it may be a premise. */
function usageError({ code, message }: CommanderError): ClientUsageError {
  if (code === 'commander.help') return new ClientUsageError('Name a command. `story-tasks --help` lists them.');
  const told = message
    .replace(/^error: /, '')
    .trimEnd()
    .replace(/'.*'/s, (quoted) => (code.startsWith('commander.unknown') && !isWord(quoted) ? '(not shown)' : quoted))
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[^.]$/, '$&.');
  return new ClientUsageError(`${told.charAt(0).toUpperCase()}${told.slice(1)} See \`story-tasks --help\`.`);
}

function isWord(quoted: string): boolean {
  return /^'[-\w]{1,40}'$/.test(quoted);
}
