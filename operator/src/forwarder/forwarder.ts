/** The forwarder: from the events of the lanes to counts per minute, each counted once whatever is killed when. */
import { laneName, type Operation, operationNames } from '@story-tasks/contracts';
import type { LaneEvents, Logger } from '@story-tasks/runtime';
import type { ThroughputRepository } from '@story-tasks/supabase';
import { limits } from '../limits.ts';
import { decideForward, type Forward } from './decideForward.ts';

export interface ForwarderDependencies {
  readonly events: LaneEvents;
  readonly record: ThroughputRepository;
  readonly logger: Logger;
}

export class Forwarder {
  readonly #dependencies: ForwarderDependencies;
  /** As the record has them, as far as this process knows: what is not so any more is refused, and told. */
  readonly #positions = new Map<Operation, string | null>();
  readonly #paused = new Set<Operation>();

  constructor(dependencies: ForwarderDependencies) {
    this.#dependencies = dependencies;
  }

  /** Forwards what is there, of each lane a bounded number of pages. @param ending true: the rest is left to the next */
  async tick(ending: () => boolean = () => false): Promise<void> {
    for (const operation of operationNames) {
      try {
        let pages = 0;
        while (!ending() && pages < limits.eventPages && (await this.#forwardPage(operation))) pages += 1;
        this.#tell(operation, false);
      } catch (error) {
        // The position stands, so the next tick goes on here.
        this.#tell(operation, true, error);
      }
    }
  }

  /** @returns whether there may be more */
  async #forwardPage(operation: Operation): Promise<boolean> {
    const { events } = this.#dependencies;
    const position = await this.#position(operation);
    const page = await events.read(operation, position, limits.events);
    const decided = decideForward(position, page);
    if (decided === null) await events.anchor(operation);
    else if (decided.position !== position || decided.incomplete.length > 0) {
      await this.#record(operation, position, decided);
    }
    return decided === null || page.entries.length === limits.events;
  }

  async #record(operation: Operation, expected: string | null, forward: Forward): Promise<void> {
    const { record, logger } = this.#dependencies;
    const lane = laneName(operation);
    const { outcome, position } = await record.recordThroughput({ lane, operation, expected, ...forward });
    this.#positions.set(operation, position);
    if (outcome === 'recorded' && forward.incomplete.length > 0) {
      logger.warn({ lane, minutes: forward.incomplete }, 'events of a lane were lost; their minutes are marked');
    }
  }

  async #position(operation: Operation): Promise<string | null> {
    const known = this.#positions.get(operation);
    if (known !== undefined) return known;
    const position = await this.#dependencies.record.throughputPosition(laneName(operation));
    this.#positions.set(operation, position);
    return position;
  }

  /** One line when a lane pauses, and one when it goes on. */
  #tell(operation: Operation, paused: boolean, error?: unknown): void {
    if (this.#paused.has(operation) === paused) return;
    const { logger } = this.#dependencies;
    if (paused) logger.warn({ error, operation }, 'the forwarder pauses');
    else logger.info({ operation }, 'the forwarder goes on');
    if (paused) this.#paused.add(operation);
    else this.#paused.delete(operation);
  }
}
