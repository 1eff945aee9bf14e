/**
 * Keeps what Redis has of the lanes' settings at what the document says. The leader alone writes, and its epoch goes along: a
 * leader that was frozen and wakes up late is refused by Redis itself.
 */
import type { LaneSettings, LaneSettingsWrite, LiveSettings, Logger } from '@story-tasks/runtime';
import type { ReconcilePart } from '../reconciler.ts';

export interface LaneSettingsDependencies {
  readonly live: Pick<LiveSettings, 'current'>;
  /** Writes all lanes, under an epoch. */
  readonly write: (epoch: number, settings: LaneSettings) => Promise<LaneSettingsWrite>;
  /** Of this leader, greater than of any before; null: it does not lead. */
  readonly epoch: () => number | null;
  readonly logger: Logger;
}

export class LaneSettingsKeeper implements ReconcilePart {
  readonly name = 'lane settings';
  readonly #dependencies: LaneSettingsDependencies;
  #refusedAt: number | null = null;

  constructor(dependencies: LaneSettingsDependencies) {
    this.#dependencies = dependencies;
  }

  /** As a part of the reconciler, before those that put jobs into the lanes. @throws what Redis throws */
  async run(): Promise<void> {
    const { live, write, epoch: epochOf, logger } = this.#dependencies;
    const epoch = epochOf();
    const { settings, known, hash } = live.current();
    // Defaults that stand in for a document are no reason to take from Redis what the leader before knew.
    if (epoch === null || !known) return;
    const written = await write(epoch, settings);
    if (written.outcome === 'refused') this.#refused(epoch);
    else if (written.changed > 0)
      logger.info({ hash, lanes: written.changed }, 'the settings of lanes were brought up to date');
  }

  /** As a loop of its own. That Redis is away, its connection logs by itself. */
  async tick(): Promise<void> {
    await this.run().catch(() => undefined);
  }

  #refused(epoch: number): void {
    if (this.#refusedAt === epoch) return;
    this.#refusedAt = epoch;
    this.#dependencies.logger.warn({ epoch }, 'a later leader writes the settings of the lanes; this one does not');
  }
}
