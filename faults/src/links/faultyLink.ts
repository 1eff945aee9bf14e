/** What every link has, whatever it carries: its faults, and what may be known of it. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { FaultState } from './faultState.ts';
import { type Link, type LinkFaults, noFaults, type Tap } from './link.ts';

export abstract class FaultyLink implements Link {
  readonly name: string;
  protected readonly state: FaultState;
  protected abstract readonly server: Server;

  constructor(name: string, random: () => number) {
    this.name = name;
    this.state = new FaultState(random);
  }

  abstract forget(): void;
  abstract close(): Promise<void>;

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get messages(): number {
    return this.state.messages;
  }

  get disturbances() {
    return this.state.disturbances;
  }

  get delays() {
    return this.state.delays;
  }

  get tap(): Tap | undefined {
    return this.state.tap;
  }

  set tap(tap: Tap | undefined) {
    this.state.tap = tap;
  }

  suffer(faults: Partial<LinkFaults>): void {
    this.state.set({ ...noFaults, ...faults });
  }

  cut(): void {
    this.state.disturbed();
    this.forget();
  }

  heal(): void {
    this.state.set(noFaults);
  }

  protected async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }
}
