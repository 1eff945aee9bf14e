/** What the autoscaler writes on the Deployment and its pods, apart from taking workers away. */
import { isDeepStrictEqual } from 'node:util';
import type { World } from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';
import { KubernetesCallError, tellFailures } from '../kubernetesErrors.ts';
import { annotationNames, type WorkerCluster, type WorkerDeployment, type WorkerEvent } from './cluster.ts';
import type { Cordons } from './cordons.ts';
import type { HoldDecision } from './decideHold.ts';
import { isMarked } from './decideVictims.ts';
import {
  announced,
  isNewStatus,
  type Status,
  settledAt,
  statusEveryMs,
  statusOf,
  wroteOf,
} from './deploymentRecord.ts';
import { type SeenWorkers, writeCosts } from './scaleDown.ts';

export interface WorkerScaleDependencies {
  readonly cluster: WorkerCluster;
  readonly cordons: Cordons;
  readonly world: World;
  readonly logger: Logger;
}

/** Each after a look at the Deployment, so that they take as long as its controller may write. */
const triesAtMost = 10;

const isConflict = (error: unknown) => error instanceof KubernetesCallError && error.status === 409;

/** Nothing but its status, or its pods' template, may be another. */
const isSameWish = (one: WorkerDeployment, other: WorkerDeployment) =>
  one.uid === other.uid && one.replicas === other.replicas && isDeepStrictEqual(one.annotations, other.annotations);

export class WorkerScale {
  readonly #given: WorkerScaleDependencies;
  readonly #eventFailures: ReturnType<typeof tellFailures>;
  #statusAt = Number.NEGATIVE_INFINITY;

  constructor(given: WorkerScaleDependencies) {
    this.#given = given;
    this.#eventFailures = tellFailures(given.logger);
  }

  /**
   * Ends what an earlier tick or an earlier leader began. While there are more pods than asked for, those that were marked are
   * about to go: they stay cordoned. When there are not, they stay, and work again; but first the Deployment is written to,
   * so that a scale of somebody who was held up on his way is refused.
   * @returns the Deployment as it is then
   */
  async tidy({ deployment, pods, busy }: SeenWorkers, hold: HoldDecision): Promise<WorkerDeployment> {
    const { cluster, cordons, world } = this.#given;
    const marked = pods.filter(isMarked);
    const names = marked.map(({ name }) => name);
    const isGoing = pods.length > deployment.replicas;
    if (isGoing) await cordons.renew(names);
    const unfinished = hold.hold !== 'foreign_change' && (wroteOf(deployment)?.from ?? null) !== null;
    const stays = !isGoing && marked.length > 0;
    if (!(hold.adopt || hold.resumed || unfinished || stays)) return deployment;
    const written = await cluster.annotate(deployment, {
      ...(hold.hold === 'foreign_change' ? {} : settledAt(deployment.replicas)),
      ...(hold.resumed ? { [annotationNames.asked]: null } : {}),
      [annotationNames.at]: new Date(world.clock.date()).toISOString(),
    });
    if (stays) {
      await cordons.lift(names);
      await writeCosts(marked, [], busy, cluster);
    }
    return written;
  }

  /** @throws KubernetesCallError; a conflict says that the Deployment is not what it was when it was seen */
  async up({ deployment, pods }: SeenWorkers, status: Status): Promise<void> {
    const { cluster, cordons } = this.#given;
    const annotations = { ...announced(deployment.replicas, status.desired), ...this.#stamp(status) };
    const announcement = await this.#insist(deployment, (seen) => cluster.annotate(seen, annotations));
    await this.#insist(announcement, (seen) => cluster.scale(seen, status.desired));
    // Those that were about to go are wanted again, as far as there are still as many asked for.
    if (pods.length <= status.desired) await cordons.lift(pods.filter(isMarked).map(({ name }) => name));
  }

  /**
   * The Deployment's controller answers an announcement by writing its status, and another one is written whenever a pod gets ready.
   * That says nothing against more workers, and who gave in to it would wait for the next tick.
   * @param write is tried again while only the status is another; rejects with a conflict when more is
   */
  async #insist<T>(wish: WorkerDeployment, write: (seen: WorkerDeployment) => Promise<T>): Promise<T> {
    let seen = wish;
    for (let tries = 1; ; tries += 1) {
      try {
        return await write(seen);
      } catch (error) {
        if (!isConflict(error) || tries === triesAtMost) throw error;
        seen = (await this.#given.cluster.read()).deployment;
        if (!isSameWish(seen, wish)) throw error;
      }
    }
  }

  /** Seldom, and only when it is another than before. */
  async showStatus(deployment: WorkerDeployment, status: Status): Promise<void> {
    const { cluster, world } = this.#given;
    if (!isNewStatus(deployment, status) || world.clock.now() - this.#statusAt < statusEveryMs) return;
    await cluster.annotate(deployment, this.#stamp(status)).catch((error: unknown) => {
      // Somebody wrote in between: there is another tick.
      if (!isConflict(error)) throw error;
    });
  }

  /** An Event, and a line in the log. That the Event was not taken changes nothing of what was done. */
  async tell(deployment: WorkerDeployment, event: WorkerEvent): Promise<void> {
    this.#given.logger.info({ reason: event.reason }, event.message);
    await this.#given.cluster.tell(deployment, event).then(
      () => this.#eventFailures.worked(),
      (error: unknown) => this.#eventFailures.failed(error),
    );
  }

  #stamp(status: Status) {
    const { clock } = this.#given.world;
    this.#statusAt = clock.now();
    return statusOf(status, clock.date());
  }
}
