/** Where a command's words go: results to stdout, everything else to stderr. */
import { styleText } from 'node:util';
import { CodedError, describeError } from '../errors.ts';
import type { TaskStatus } from '../tasks.ts';
import type { Host, Screen } from './host.ts';
import { printable } from './text.ts';

type Style = Parameters<typeof styleText>[0];

const statusStyles: Record<TaskStatus, Style> = {
  queued: 'dim',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
};

export interface ErrorIds {
  readonly taskId?: string | undefined;
  readonly requestId?: string | undefined;
}

export class Output {
  readonly #host: Host;
  readonly json: boolean;
  readonly #idsOf: (error: unknown) => ErrorIds;

  /**
   * @param json results as one JSON value, errors as one JSON object, and not a word besides
   * @param idsOf what an error is about, for a script
   */
  constructor(host: Host, json: boolean, idsOf: (error: unknown) => ErrorIds) {
    this.#host = host;
    this.json = json;
    this.#idsOf = idsOf;
  }

  /** @param lines what people see in place of the value */
  result(value: unknown, lines: () => readonly string[]): void {
    const shown = this.json ? [jsonText(value)] : lines();
    if (shown.length > 0) this.#host.stdout.write(`${shown.join('\n')}\n`);
  }

  /** A word on the side, for people alone. */
  note(text: string): void {
    if (!this.json) this.#host.stderr.write(`${printable(text)}\n`);
  }

  error(error: unknown): void {
    const { code, message } = told(error);
    const label = this.#styled('red', 'error:', this.#host.stderr);
    const line = this.json
      ? jsonText({ code, message, ...this.#idsOf(error) })
      : `${label} ${printable(`${message} [${code}]`)}`;
    this.#host.stderr.write(`${line}\n`);
  }

  status(status: TaskStatus): string {
    return this.#styled(statusStyles[status], status, this.#host.stdout);
  }

  heading(cells: readonly string[]): string[] {
    return cells.map((cell) => this.#styled('bold', cell, this.#host.stdout));
  }

  /** Plain where the stream is no terminal, and where NO_COLOR is set. */
  #styled(style: Style, text: string, stream: Screen): string {
    const { NO_COLOR, TERM } = this.#host.env;
    if (!stream.isTTY || NO_COLOR || TERM === 'dumb') return text;
    return styleText(style, text, { validateStream: false });
  }
}

/** JSON leaves some characters as they are that a terminal obeys; escaped they mean the same to a program. */
function jsonText(value: unknown): string {
  const obeyed = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
  return JSON.stringify(value).replace(obeyed, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Nothing of an error that is not one of ours: it may hold anything. */
function told(error: unknown): { code: string; message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  const kind = error instanceof Error ? error.name : typeof error;
  return { code: describeError(error).code, message: `An unexpected error (${kind}) ended the command.` };
}
