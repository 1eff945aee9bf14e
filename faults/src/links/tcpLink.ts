/** A link that knows nothing of what it carries but its bytes: for Redis, Postgres and the model. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FaultState } from './faultState.ts';
import { FaultyLink } from './faultyLink.ts';
import { type LinkFaults, noFaults, type Passing } from './link.ts';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** True once the near end asked Redis for messages: the pub/sub connection. */
  subscriber: boolean;
}

const subscribes = /\bsubscribe\b/i;

export class TcpLink extends FaultyLink {
  readonly #subscribers: FaultState;
  protected readonly server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #target: () => number;

  private constructor(name: string, target: () => number, random: () => number) {
    super(name, random);
    this.#target = target;
    this.#subscribers = new FaultState(random);
    this.server = createServer({ noDelay: true }, (near) => this.#open(near));
  }

  /** @param target the port behind, which may change when what is there is started anew */
  static async start(name: string, target: () => number, random: () => number): Promise<TcpLink> {
    const link = new TcpLink(name, target, random);
    return link.listen();
  }

  /** Holds back or breaks what is published, and lets commands pass. */
  sufferAsSubscriber(faults: Partial<LinkFaults>): void {
    this.#subscribers.set({ ...noFaults, ...faults });
    if (faults.refuse) for (const pair of this.#pairs) if (pair.subscriber) breakPair(pair);
  }

  forget(): void {
    for (const pair of this.#pairs) breakPair(pair);
  }

  override heal(): void {
    super.heal();
    this.#subscribers.set(noFaults);
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    this.server.close();
    await once(this.server, 'close');
  }

  #open(near: Socket): void {
    if (this.state.faults.refuse) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.#target(), host: '127.0.0.1', noDelay: true });
    const pair: Pair = { near, far, subscriber: false };
    this.#pairs.add(pair);
    this.#carry(pair, near, far, 'request');
    this.#carry(pair, far, near, 'reply');
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      socket.once('close', () => this.#shut(pair));
    }
  }

  #shut(pair: Pair): void {
    pair.near.destroy();
    pair.far.destroy();
    this.#pairs.delete(pair);
  }

  /** Chunks of one direction pass one after the other, however long each is held. */
  #carry(pair: Pair, from: Socket, to: Socket, side: Passing['side']): void {
    let queue = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      if (side === 'request' && subscribes.test(chunk.toString('latin1'))) pair.subscriber = true;
      queue = queue.then(() => this.#pass(pair, to, chunk, side));
    });
    from.once('end', () => {
      queue = queue.then(() => void to.end());
    });
  }

  async #pass(pair: Pair, to: Socket, chunk: Buffer, side: Passing['side']): Promise<void> {
    const state = pair.subscriber ? this.#subscribers : this.state;
    const whole = (await this.state.admit()) && (!pair.subscriber || (await state.admit()));
    // Refused: this subscription is one that the fault forbids.
    if (!whole || (pair.subscriber && state.faults.refuse)) breakPair(pair);
    else if (await this.#tapped(side)) to.write(chunk);
  }

  async #tapped(side: Passing['side']): Promise<boolean> {
    return (await this.state.tap?.({ link: this.name, side, what: 'bytes' })) !== 'drop';
  }
}

function breakPair({ near, far }: Pair): void {
  // Node leaks the handle of a socket that is reset after its end was sent.
  if (near.writableEnded) near.destroy();
  else near.resetAndDestroy();
  far.destroy();
}
