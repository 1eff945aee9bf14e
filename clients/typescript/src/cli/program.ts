/** The command line: what there is to call, and the one place where an error becomes words and an exit code. */
import { readFileSync } from 'node:fs';
import { type Host, Output, usageSentence } from '@story-tasks/contracts/terminal';
import { Command, CommanderError } from 'commander';
import { ClientUsageError } from '../errors.ts';
import { type Context, clientOf, defaultUrl } from './context.ts';
import { type ExitCode, exitCodeOf, exitCodes, idsOf } from './errors.ts';
import { addHelp } from './helpText.ts';
import { untilInterrupted } from './interruption.ts';
import { addStoryCommands } from './storyCommands.ts';
import { addTaskCommands } from './taskCommands.ts';
import { addTop } from './top.ts';

/** @param argv the arguments alone, without Node and the script */
export async function runCli(argv: readonly string[], host: Host): Promise<ExitCode> {
  const out = new Output(host, argv.includes('--json'), idsOf);
  try {
    await createProgram(host, out).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok;
    const error =
      thrown instanceof CommanderError ? new ClientUsageError(usageSentence('story-tasks', thrown)) : thrown;
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
