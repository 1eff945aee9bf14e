/** A process that is none: it keeps what is written and when it was to end. */
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { Host, Screen } from '../src/terminal/host.ts';

export interface FakeHost extends Host {
  readonly signals: EventEmitter;
  readonly exits: number[];
  written(stream: 'stdout' | 'stderr'): string;
}

interface FakeOptions {
  readonly env?: Host['env'];
  readonly stdin?: string | Buffer;
  /** Columns of the terminal that stdout and stderr are; none when absent. */
  readonly columns?: number;
}

export function fakeHost({ env = {}, stdin = '', columns }: FakeOptions = {}): FakeHost {
  const written = { stdout: '', stderr: '' };
  const exits: number[] = [];
  const screen = (name: 'stdout' | 'stderr'): Screen => {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
    return Object.assign(stream, columns === undefined ? {} : { isTTY: true, columns });
  };
  return {
    stdin: Readable.from([stdin]),
    stdout: screen('stdout'),
    stderr: screen('stderr'),
    env,
    signals: new EventEmitter(),
    exits,
    exit: (code) => void exits.push(code),
    written: (stream) => written[stream],
  };
}
