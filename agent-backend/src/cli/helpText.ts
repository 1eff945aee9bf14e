/** What `--help` teaches beyond the list of commands. */
import type { Command } from 'commander';
import { runSettings } from './settings.ts';

const examples = `
Examples:
  A playable story from a sentence:
    id=$(agent-backend story create --prompt "A lighthouse keeper finds a door under the sea.")
    agent-backend run CREATE_CONSTITUTION "$id"
    agent-backend run CREATE_INTERACTIVE_SCRIPT "$id"
    agent-backend run CREATE_VISUAL_DESIGN "$id"
    agent-backend bundle "$id" --out story.html

  The prompt from a file or a pipe:
    agent-backend story create --file premise.md --name "The Door"
    curl -s https://example.org/premise.txt | agent-backend story create -

  What there is, and what happened:
    agent-backend story show "$id"
    agent-backend task list "$id"
    agent-backend task show TASK_ID --events 50

  In a script:
    agent-backend run CREATE_AUDIO_DESIGN "$id" --json | jq .task.result.llmCalls

Running a task:
  run, constitution and bundle work in this process: no queue, no Redis. The task is on record like any other, so
  every client sees it and \`task cancel\` stops it. Progress goes to stderr. Ctrl-C cancels the task; a second Ctrl-C
  ends the process at once. What was made so far is kept, and the next run makes only the rest.`;

const exitCodesText = `
Exit codes:
  0    done
  1    the task failed; its code says why (a model that could not be reached is a failed task too)
  2    usage, input or settings: an unknown story, a task that has ended, a variable that is missing
  3    the store is unavailable: try again later
  130  the task was cancelled

Output:
  Results go to stdout, everything else to stderr. With --json a result is one JSON value on stdout, progress is left
  out, and an error is {"code","message"} on stderr. NO_COLOR turns colours off.`;

/** Every command takes --json, and the program's help has all that does not belong to one command. */
export function addHelp(program: Command): void {
  program.addHelpText('after', (context) => {
    const width = Math.min(context.command.configureOutput().getOutHelpWidth?.() ?? 100, 120);
    return [examples, '', 'Environment:', ...environmentLines(program, width), exitCodesText].join('\n');
  });
}

function environmentLines(program: Command, width: number): string[] {
  const helper = program.createHelp();
  const indent = ' '.repeat(6);
  return Object.entries(runSettings.shape).flatMap(([name, schema]) => [
    `  ${name}`,
    ...helper
      .boxWrap(schema.description ?? '', width - indent.length)
      .split('\n')
      .map((line) => indent + line),
  ]);
}
