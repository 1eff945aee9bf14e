/** What a command line has of the process it runs in. */
import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export interface Screen extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Host {
  readonly stdin: Readable;
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Emits the names of the signals that the process gets. */
  readonly signals: EventEmitter;
  /** Ends the process at once, whatever is under way. */
  exit(code: number): void;
}
