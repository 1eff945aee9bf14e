/** The command line in this process, with what it wrote and how it ended. */
import type { TaskEvent } from '@story-tasks/contracts';
import { type FakeHost, fakeHost } from '@story-tasks/contracts/test';
import { runCli } from '../cli/program.ts';
import type { Step } from './scriptedApi.ts';
import { block } from './scriptedStreams.ts';

/** Text of the record at its worst: it clears the screen, names the window, turns and colours what follows. */
export const hostile = 'a\u001b[2J\u001b]0;owned\u0007b\u202ec\r\nd\u009b31m';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function ran(host: FakeHost, args: readonly string[]): Promise<Ran> {
  const code = await runCli(args, host);
  return { code, stdout: host.written('stdout'), stderr: host.written('stderr') };
}

export const cli = (url: string, args: readonly string[], stdin = ''): Promise<Ran> =>
  ran(fakeHost({ env: { STORY_TASKS_URL: url }, stdin }), args);

/** A stream of these events. */
export const streamOf =
  (events: readonly TaskEvent[]): Step =>
  (response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.map(block).join(''));
