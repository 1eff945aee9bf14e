/** Tells of settings that were refused or applied where whoever edits them looks: as Kubernetes Events of their ConfigMap. */
import type { Clock } from '@story-tasks/contracts';
import type { LiveSettings, Logger } from '@story-tasks/runtime';
import type { Kubernetes } from '@story-tasks/runtime/kubernetes';

export interface SettingsEventsDependencies {
  readonly core: Pick<Kubernetes['core'], 'readNamespacedConfigMap' | 'createNamespacedEvent'>;
  readonly namespace: string;
  /** Of the ConfigMap. */
  readonly name: string;
  readonly live: Pick<LiveSettings, 'current' | 'rejected'>;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** HTTP status of what a call threw; null when there was no answer. */
  readonly statusOf: (error: unknown) => number | null;
}

interface Telling {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'SettingsApplied' | 'SettingsRejected';
  readonly hash: string;
  readonly message: string;
}

const component = 'story-tasks-operator';
/** The API refuses a longer message. */
const longestMessage = 1_000;

export class SettingsEvents {
  readonly #dependencies: SettingsEventsDependencies;
  #applied: string;
  #rejected: string | null = null;

  /** What is in force already is no change. */
  constructor(dependencies: SettingsEventsDependencies) {
    this.#dependencies = dependencies;
    this.#applied = dependencies.live.current().hash;
  }

  /** Tells what is to be told and was not yet; what fails is tried again at the next tick. Never rejects. */
  async tick(): Promise<void> {
    const { live, isLeader, logger } = this.#dependencies;
    if (!isLeader()) return;
    try {
      await this.#tellRejected(live.rejected());
      await this.#tellApplied(live.current().hash);
    } catch (error) {
      logger.debug({ error }, 'an Event of the settings could not be made yet');
    }
  }

  async #tellRejected(rejected: ReturnType<LiveSettings['rejected']>): Promise<void> {
    if (rejected !== null && rejected.hash !== this.#rejected) {
      const { hash, problems } = rejected;
      const kept = `Refused whole; ${this.#dependencies.live.current().hash} stays in force.`;
      await this.#make({ type: 'Warning', reason: 'SettingsRejected', hash, message: [kept, ...problems].join('\n') });
    }
    this.#rejected = rejected?.hash ?? null;
  }

  async #tellApplied(hash: string): Promise<void> {
    if (hash === this.#applied) return;
    await this.#make({ type: 'Normal', reason: 'SettingsApplied', hash, message: `Settings ${hash} are in force.` });
    this.#applied = hash;
  }

  /** One Event for one edit: its name is made of the edit's version, so that the next leader makes no second one. */
  async #make(telling: Telling): Promise<void> {
    const { core, namespace, name, statusOf } = this.#dependencies;
    try {
      const { metadata } = await core.readNamespacedConfigMap({ namespace, name });
      const { uid = '', resourceVersion = '' } = metadata ?? {};
      await core.createNamespacedEvent({ namespace, body: this.#event(telling, uid, resourceVersion) });
    } catch (error) {
      // Told already, or gone meanwhile.
      if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
    }
  }

  #event({ type, reason, hash, message }: Telling, uid: string, resourceVersion: string) {
    const { namespace, name, clock } = this.#dependencies;
    const at = new Date(clock.date());
    return {
      metadata: { namespace, name: `${name.slice(0, 200)}.${hash}.${resourceVersion}` },
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid, resourceVersion },
      type,
      reason,
      message: message.slice(0, longestMessage),
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component },
      reportingComponent: component,
      reportingInstance: component,
    };
  }
}
