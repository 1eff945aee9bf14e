/** How far a task is, on stderr: one living line on a terminal, a line for each event elsewhere, nothing with --json. */
import type { TaskEvent } from '@story-tasks/contracts';
import type { Host } from '@story-tasks/contracts/terminal';
import { duration, printable, progressLine } from '@story-tasks/contracts/terminal';
import { createLogUpdate } from 'log-update';

export interface Progress {
  event(event: TaskEvent): void;
  /** A line that stays. */
  say(text: string): void;
  /** Leaves the screen as if it had not been there. */
  end(): void;
}

export function createProgress(host: Host, json: boolean): Progress {
  if (json) return { event: () => undefined, say: () => undefined, end: () => undefined };
  return isLiving(host, host.stderr) ? livingLine(host) : plainLines(host);
}

/** A terminal that can draw over what it shows, and knows its size: one that does not says 0. */
export function isLiving({ env }: Host, { isTTY, columns = 0 }: Host['stderr']): boolean {
  return isTTY === true && columns > 0 && env['TERM'] !== 'dumb';
}

function plainLines({ stderr }: Host): Progress {
  let percent = 0;
  const startedAt = performance.now();
  return {
    event({ message, progressOverride }) {
      percent = progressOverride ?? percent;
      const elapsed = duration(performance.now() - startedAt);
      stderr.write(`${elapsed}  ${String(percent).padStart(3)} %  ${printable(message)}\n`);
    },
    say: (text) => void stderr.write(`${printable(text)}\n`),
    end: () => undefined,
  };
}

const redrawMs = 1_000;

function livingLine({ stderr }: Host): Progress {
  const update = createLogUpdate(stderr as NodeJS.WriteStream, { showCursor: true });
  const startedAt = performance.now();
  let percent = 0;
  let latest = 'Waiting';
  const draw = () => {
    update(progressLine(percent, duration(performance.now() - startedAt), latest, stderr.columns ?? 80));
  };
  const timer = setInterval(draw, redrawMs);
  draw();
  return {
    event({ message, progressOverride }) {
      percent = progressOverride ?? percent;
      latest = printable(message);
      draw();
    },
    say(text) {
      update.clear();
      stderr.write(`${printable(text)}\n`);
      draw();
    },
    end() {
      clearInterval(timer);
      update.clear();
    },
  };
}
