/** Tasks as a person sees them: a bar each and the latest event; plain lines where there is no terminal. */
import { styleText } from 'node:util';
import type { TaskEvent, TaskStatus } from '@story-tasks/contracts';
import { printable } from '@story-tasks/contracts/terminal';
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

/** How far a task is, as its events tell it. */
export interface TaskState {
  readonly status: TaskStatus;
  readonly progress: number;
  readonly message: string;
}

const unseen: TaskState = { status: 'queued', progress: 0, message: '' };

/** What is known of a task after one more of its events. */
export function stateAfter(state: TaskState, { status, progressOverride, message }: TaskEvent): TaskState {
  return { status: status ?? state.status, progress: progressOverride ?? state.progress, message: printable(message) };
}

export interface LiveView {
  /** Shows the next event of a task under its label; the last state of each label stays. */
  show(label: string, event: TaskEvent): void;
  /** Leaves what is shown standing; the next show begins below it. */
  done(): void;
}

export function createLiveView(stream: NodeJS.WriteStream = process.stdout): LiveView {
  return stream.isTTY ? barView(stream.columns) : lineView();
}

/** One line of a task, as wide as the terminal at most. */
export function barLine(label: string, { status, progress, message }: TaskState, columns: number): string {
  const filled = Math.round((progress / 100) * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const percent = `${String(progress).padStart(3)}%`;
  const room = Math.max(0, columns - labelWidth - barWidth - percent.length - 4);
  return `${label.padEnd(labelWidth)} ${styleText(colours[status], bar)} ${percent}  ${message.slice(0, room)}`;
}

function barView(columns: number): LiveView {
  const states = new Map<string, TaskState>();
  return {
    show(label, event) {
      states.set(label, stateAfter(states.get(label) ?? unseen, event));
      logUpdate([...states].map(([name, state]) => barLine(name, state, columns)).join('\n'));
    },
    done() {
      logUpdate.done();
      states.clear();
    },
  };
}

/** Every event, in order. */
function lineView(): LiveView {
  return {
    show(label, { progressOverride, message }) {
      const percent = progressOverride === null ? '    ' : `${String(progressOverride).padStart(3)}%`;
      console.log(`${label.padEnd(labelWidth)} ${percent}  ${printable(message)}`);
    },
    done: () => undefined,
  };
}
