/** top: a table of the lanes, drawn anew every few seconds. */

import { pause, systemWorld } from '@story-tasks/contracts';
import { duration, table } from '@story-tasks/contracts/terminal';
import { type Command, Option } from 'commander';
import { createLogUpdate } from 'log-update';
import { StoryTasksConnectionError, StoryTasksError } from '../errors.ts';
import type { Context } from './context.ts';
import { InterruptedError } from './errors.ts';
import { type Count, type Lane, readLanes } from './lanes.ts';
import { countOption } from './options.ts';
import { isLiving } from './progress.ts';

interface TopOptions {
  readonly once?: boolean;
  readonly interval: number;
  readonly window: number;
}

export function addTop(program: Command, context: Context): void {
  program
    .command('top')
    .summary('a live table of the lanes')
    .description(
      'Shows for each operation how many tasks wait, run and ended, and how long the oldest waits. It looks at the newest 500 tasks that wait and 100 of each other status; N+ means at least N.',
    )
    .addOption(new Option('--once', 'show it once, and end'))
    .addOption(countOption('--interval <seconds>', 'how often it is drawn anew', 3_600).default(5))
    .addOption(countOption('--window <minutes>', 'how far back tasks that ended are counted', 1_440).default(5))
    .action((options: TopOptions) => top(context, options));
}

async function top(context: Context, { once, interval, window }: TopOptions): Promise<void> {
  const read = () =>
    readLanes(context.client(), { windowMs: window * 60_000, now: Date.now(), signal: context.signal });
  // The first failure ends the command: nothing was seen yet.
  let lanes = await read();
  const screen = screenOf(context, window, once ?? false);
  try {
    for (;;) {
      screen.draw(lanes);
      if (once) return;
      await pause(systemWorld.clock, interval * 1_000, context.signal);
      lanes = await read().catch((error: unknown) => screen.miss(error, lanes));
    }
  } catch (error) {
    // Here Ctrl-C is how one leaves.
    if (!(error instanceof InterruptedError)) throw error;
  } finally {
    screen.done();
  }
}

interface TopScreen {
  draw(lanes: readonly Lane[]): void;
  /** The API is away: what was seen stays. @throws the error when it is another */
  miss(error: unknown, lanes: Lane[]): Lane[];
  done(): void;
}

function screenOf({ host, out }: Context, window: number, once: boolean): TopScreen {
  const living = !once && !out.json && isLiving(host, host.stdout);
  const update = living ? createLogUpdate(host.stdout as NodeJS.WriteStream, { showCursor: true }) : undefined;
  let trouble = '';
  return {
    draw(lanes) {
      const lines = laneLines(out.heading(headingOf(window)), lanes);
      const at = `${new Date().toISOString().slice(11, 19)}Z`;
      if (update) update([...lines, '', trouble || `${at}  Ctrl-C ends this.`].join('\n'));
      else out.result({ lanes }, () => (once ? lines : plainLines(at, lanes)));
      trouble = '';
    },
    miss(error, lanes) {
      const passing = error instanceof StoryTasksConnectionError || error instanceof StoryTasksError;
      if (!passing || error.kind !== 'retryable') throw error;
      trouble = `${error.message} What is shown may be old.`;
      if (!update) out.note(trouble);
      return lanes;
    },
    done: () => update?.done(),
  };
}

const headingOf = (window: number) => [
  'OPERATION',
  'QUEUED',
  'HELD',
  'RUNNING',
  `DONE ${window} min`,
  'FAILED',
  'CANCELLED',
  'OLDEST QUEUED',
];

function laneLines(heading: readonly string[], lanes: readonly Lane[]): string[] {
  const rows = lanes.map((lane) => [
    lane.operation,
    ...[lane.queued, lane.held, lane.running, lane.succeeded, lane.failed, lane.cancelled].map(figure),
    oldest(lane),
  ]);
  return table([heading, ...rows]);
}

/** A line for each lane, for a log. */
function plainLines(at: string, lanes: readonly Lane[]): string[] {
  return lanes.map(
    (lane) =>
      `${at}  ${lane.operation}  queued=${figure(lane.queued)} held=${figure(lane.held)} running=${figure(lane.running)} ` +
      `done=${figure(lane.succeeded)} failed=${figure(lane.failed)} cancelled=${figure(lane.cancelled)} oldest=${oldest(lane)}`,
  );
}

function figure({ count, more }: Count): string {
  return more ? `${count}+` : String(count);
}

function oldest({ oldestMs, queued }: Lane): string {
  if (oldestMs === null) return '–';
  return queued.more ? `> ${duration(oldestMs)}` : duration(oldestMs);
}
