/** How far a run is, on stderr: one living line on a terminal, a line for each event elsewhere, nothing with --json. */

import type { Clock } from '@story-tasks/contracts';
import type { Host } from '@story-tasks/contracts/terminal';
import { duration, printable, progressLine } from '@story-tasks/contracts/terminal';
import type { ReportedEvent } from '../runContext.ts';

export interface Progress {
  event(event: ReportedEvent): void;
  /** A line that stays. */
  say(text: string): void;
  /** Leaves the screen as if it had not been there. */
  end(): void;
}

export function createProgress(host: Host, json: boolean, clock: Clock): Progress {
  if (json) return { event: () => undefined, say: () => undefined, end: () => undefined };
  const living = host.stderr.isTTY === true && host.env['TERM'] !== 'dumb';
  return living ? livingLine(host, clock) : plainLines(host, clock);
}

function plainLines({ stderr }: Host, clock: Clock): Progress {
  const startedAt = clock.now();
  let percent = 0;
  return {
    event({ message, progress }) {
      percent = Math.max(percent, progress ?? 0);
      const elapsed = duration(clock.now() - startedAt);
      stderr.write(`${elapsed}  ${String(percent).padStart(3)} %  ${printable(message)}\n`);
    },
    say: (text) => void stderr.write(`${text}\n`),
    end: () => undefined,
  };
}

const redrawMs = 1_000;
const clearLine = '\r\u001b[2K';

function livingLine({ stderr }: Host, clock: Clock): Progress {
  const startedAt = clock.now();
  let percent = 0;
  let latest = 'Starting';
  let stop = () => {};
  const draw = () => {
    stop();
    // A terminal that does not know its width says 0.
    const columns = stderr.columns || 80;
    stderr.write(clearLine + progressLine(percent, duration(clock.now() - startedAt), latest, columns));
    stop = clock.after(redrawMs, draw);
  };
  draw();
  return {
    event({ message, progress }) {
      percent = Math.max(percent, progress ?? 0);
      latest = printable(message);
      draw();
    },
    say(text) {
      stderr.write(`${clearLine}${text}\n`);
      draw();
    },
    end() {
      stop();
      stderr.write(clearLine);
    },
  };
}
