/** What `--help` teaches beyond the list of commands. */
import type { Command } from 'commander';
import { defaultUrl } from './context.ts';

const text = `
Examples:
  A playable story from a premise:
    id=$(story-tasks story create --file examples/lighthouse.txt --name "The Lighthouse")
    story-tasks run RUN_WORKFLOW_TASK --story "$id" --task CREATE_CONSTITUTION --watch
    story-tasks run RUN_WORKFLOW_TASK --story "$id" --task CREATE_INTERACTIVE_SCRIPT --watch
    story-tasks run BUILD_PLAYER_BUNDLE --story "$id" --watch
    story-tasks story bundle "$id" --out story.html

  What there is, and what happens:
    story-tasks top
    story-tasks list --status failed
    story-tasks show TASK_ID --events 50

  In a script:
    story-tasks run REGENERATE_CONSTITUTION --story "$id" --watch --json | jq .task.result

Watching:
  Progress goes to stderr. A watch goes on over restarts of the API, and gives up when it has been away for five minutes.
  Ctrl-C stops the watching and not the task; \`cancel\` stops the task.

Environment:
  STORY_TASKS_URL         where the API is, when --url does not say; ${defaultUrl} by default
  STORY_TASKS_TOKEN       sent to the API as a bearer token
  STORY_TASKS_TOKEN_FILE  the same from a file, read for each request: for a pod's token, which is renewed
  NO_COLOR                turns colours off

Exit codes:
  0    done
  1    the task that was watched failed; its code says why
  2    usage, files, or what the API refuses: an unknown story, a task that has ended
  3    the API cannot be reached or is unwell, or something else answers at its URL
  130  Ctrl-C (of \`top\`: 0), or the task that was watched was cancelled

Output:
  Results go to stdout, everything else to stderr. With --json a result is one JSON value on stdout (of \`top\`, one each
  time), progress is left out, and an error is {"code","message"} on stderr.`;

/** Every command takes --url and --json; the program's help has all that does not belong to one command. */
export function addHelp(program: Command): void {
  program.addHelpText('after', text);
}
