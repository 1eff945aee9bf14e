/** Tasks as a person sees them: a bar each and the latest event; plain lines where there is no terminal. */
import { styleText } from 'node:util';
import type { GetTaskAnswer, TaskStatus } from '@story-tasks/contracts';
import logUpdate from 'log-update';

const barWidth = 24;
const labelWidth = 28;

const colours: Record<TaskStatus, 'gray' | 'cyan' | 'green' | 'red' | 'yellow'> = {
  queued: 'gray',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
};

export interface LiveView {
  /** Shows a task's state under its label; the last state of each label stays. */
  show(label: string, answer: GetTaskAnswer): void;
  /** Leaves what is shown standing; the next show begins below it. */
  done(): void;
}

export function createLiveView(stream: NodeJS.WriteStream = process.stdout): LiveView {
  return stream.isTTY ? barView(stream.columns) : lineView();
}

/** One line of a task, as wide as the terminal at most. */
export function barLine(label: string, { task, events }: GetTaskAnswer, columns: number): string {
  const filled = Math.round((task.progress / 100) * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const percent = `${String(task.progress).padStart(3)}%`;
  const room = Math.max(0, columns - labelWidth - barWidth - percent.length - 4);
  const event = (events[0]?.message ?? '').slice(0, room);
  return `${label.padEnd(labelWidth)} ${styleText(colours[task.status], bar)} ${percent}  ${event}`;
}

function barView(columns: number): LiveView {
  const lines = new Map<string, string>();
  return {
    show(label, answer) {
      lines.set(label, barLine(label, answer, columns));
      logUpdate([...lines.values()].join('\n'));
    },
    done() {
      logUpdate.done();
      lines.clear();
    },
  };
}

/** Every event once, in order. */
function lineView(): LiveView {
  const shown = new Map<string, number>();
  return {
    show(label, { events }) {
      const after = shown.get(label) ?? 0;
      const fresh = events.filter((event) => event.seq > after).reverse();
      for (const event of fresh) {
        const percent = event.progressOverride === null ? '    ' : `${String(event.progressOverride).padStart(3)}%`;
        console.log(`${label.padEnd(labelWidth)} ${percent}  ${event.message}`);
      }
      shown.set(label, events[0]?.seq ?? after);
    },
    done: () => shown.clear(),
  };
}
