/** The far end of a stream: takes what it is written, or nothing. */
import { Writable } from 'node:stream';

export class Client extends Writable {
  text = '';
  #paused: boolean;
  #taking: (() => void) | undefined;

  constructor(paused = false) {
    super({ highWaterMark: 16_384 });
    this.#paused = paused;
  }

  get seqs(): number[] {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq));
  }

  get heartbeats(): number {
    return this.text.match(/^:$/gm)?.length ?? 0;
  }

  take(): void {
    this.#paused = false;
    this.#taking?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const accept = () => {
      this.text += chunk.toString();
      done();
    };
    if (this.#paused) this.#taking = accept;
    else accept();
  }
}
