/** The command line: what there is to call, and the one place where an error becomes words and an exit code. */
import { type Host, Output, usageSentence } from '@story-tasks/contracts/terminal';
import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { type ExitCode, exitCodeOf, exitCodes, idsOf, UsageError } from './errors.ts';
import { addHelp } from './helpText.ts';
import { addRunCommands } from './runCommands.ts';
import { addStoryCommands } from './storyCommands.ts';
import { addTaskCommands } from './taskCommands.ts';

/** @param argv the arguments alone, without Node and the script */
export async function runCli(argv: readonly string[], host: Host): Promise<ExitCode> {
  const out = new Output(host, argv.includes('--json'), idsOf);
  try {
    await createProgram(host, out).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok;
    const error = thrown instanceof CommanderError ? new UsageError(usageSentence('agent-backend', thrown)) : thrown;
    out.error(error);
    return exitCodeOf(error);
  }
}

function createProgram(host: Host, out: Output): Command {
  const program = new Command('agent-backend')
    .description(
      'Makes interactive stories from prompts: creates them, runs their tasks here, and shows what happened.',
    )
    .version(manifest.version)
    .option('--json', 'one JSON value on stdout, errors as JSON on stderr: for scripts')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: () => undefined,
      // Told by `runCli`, in one shape for people and one for scripts.
      outputError: () => undefined,
    });
  addStoryCommands(program, host, out);
  addRunCommands(program, host, out);
  addTaskCommands(program, host, out);
  addHelp(program);
  return program;
}
