/** The autoscaler's shell: observes, decides by the pure parts, and acts. */
import type { World } from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';
import { KubernetesCallError, tellFailures } from '../kubernetesErrors.ts';
import { NotLeadingError } from '../leadership/guarded.ts';
import type { AutoscalerGauges } from './autoscalerGauges.ts';
import { annotationNames, type WorkerCluster, type WorkerDeployment, type WorkerEvent } from './cluster.ts';
import type { Cordons } from './cordons.ts';
import { decideHold, type HoldDecision, noHold } from './decideHold.ts';
import {
  afterScaleDown,
  decideReplicas,
  newScalingState,
  type ScalingDecision,
  type ScalingLimits,
  type ScalingObservation,
} from './decideReplicas.ts';
import { type Demand, demandOf } from './demand.ts';
import { askedOf, wroteOf } from './deploymentRecord.ts';
import { observe, type Sight, type Sources } from './observe.ts';
import { type Reason, reasons } from './reasons.ts';
import { isRefusal, type ScaleDownResult, type SeenWorkers, scaleDown, writeCosts } from './scaleDown.ts';
import { WorkerScale } from './workerScale.ts';

export interface AutoscalerDependencies extends Omit<Sources, 'readCluster'> {
  /** `external`: another scales; deletion costs are kept current for it. */
  readonly mode: 'operator' | 'external';
  readonly limits: ScalingLimits;
  /** Its writes reject with NotLeadingError once this process leads no more. */
  readonly cluster: WorkerCluster;
  readonly cordons: Cordons;
  readonly gauges: Pick<AutoscalerGauges, 'set'>;
  readonly count: (reason: Reason) => void;
  readonly world: World;
  readonly logger: Logger;
}

/** After a conflict it looks again at once, so often in one tick. */
const looksPerTick = 3;
/** The Kubernetes API is left alone after a failure: from the first to the longest, in milliseconds. */
const [firstBackoffMs, longestBackoffMs] = [1_000, 30_000];

export class Autoscaler {
  readonly #given: AutoscalerDependencies;
  readonly #scale: WorkerScale;
  readonly #failures: ReturnType<typeof tellFailures>;
  #scaling;
  #hold = noHold;
  /** A scale whose answer did not come: from how many, and why. */
  #unheard: { readonly from: number; readonly demand: Demand } | null = null;
  #desired = 0;
  #interrupt = new AbortController();
  #failed = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(given: AutoscalerDependencies) {
    this.#given = given;
    this.#scale = new WorkerScale(given);
    this.#failures = tellFailures(given.logger);
    this.#scaling = newScalingState(given.world.clock.now());
  }

  /** Never rejects. @param ending true: look no more */
  async tick(ending: () => boolean = () => false): Promise<void> {
    for (let looks = 0; looks < looksPerTick && !ending(); looks += 1) {
      const reason = await this.#look();
      if (reason === null) return;
      this.#given.count(reason);
      if (reason !== 'conflict' && reason !== 'wanted_again') return;
    }
  }

  /**
   * Something happened in a lane. Breaks a scale-down off when more workers are wanted than at the last look.
   * @returns whether to look now
   */
  async hint(): Promise<boolean> {
    const readings = await this.#given.readLanes().catch(() => null);
    if (readings === null) return false;
    const news = this.#within(demandOf(readings, this.#given.settings()).replicas) > this.#desired;
    if (news) this.interrupt();
    return news;
  }

  /** Breaks a scale-down off. */
  interrupt(): void {
    this.#interrupt.abort();
  }

  #within(demand: number): number {
    return Math.min(Math.max(demand, this.#given.limits.min), this.#given.limits.max);
  }

  /** @returns null: this process leads no more */
  async #look(): Promise<Reason | null> {
    this.#interrupt = new AbortController();
    try {
      return await this.#decide(await this.#observe());
    } catch (error) {
      if (error instanceof NotLeadingError) return null;
      if (error instanceof KubernetesCallError) return this.#refused(error);
      this.#failures.failed(error);
      return 'internal_error';
    }
  }

  #observe(): Promise<Sight> {
    return observe({ ...this.#given, readCluster: () => this.#readCluster() });
  }

  async #decide({ demand, busy, cluster }: Sight): Promise<Reason> {
    const hold = cluster && this.#decideHold(cluster.deployment);
    const decision = this.#decideReplicas({
      demand: demand?.replicas ?? null,
      leasesRead: busy !== null,
      replicas: cluster?.deployment.replicas ?? null,
      hold: hold?.hold ?? null,
    });
    const { desired } = decision;
    this.#given.gauges.set({ desired, current: cluster?.deployment.replicas ?? null, busy: busy?.size ?? null });
    if (cluster === null || hold === null) return decision.reason;
    if (demand === null || busy === null) return this.#showMissing(cluster.deployment, decision);
    const seen = { ...cluster, busy };
    const reason =
      this.#given.mode === 'external' ? await this.#serve(seen) : await this.#act(seen, hold, decision, demand);
    this.#failed = 0;
    this.#failures.worked();
    return reason;
  }

  #decideReplicas(observed: ScalingObservation): ScalingDecision {
    const { limits, world } = this.#given;
    const decision = decideReplicas(observed, this.#scaling, limits, world.clock.now());
    this.#scaling = decision.state;
    this.#desired = decision.desired ?? this.#desired;
    return decision;
  }

  #decideHold(deployment: WorkerDeployment): HoldDecision {
    const observed = { replicas: deployment.replicas, wrote: wroteOf(deployment), asked: askedOf(deployment) };
    const now = this.#given.world.clock.now();
    return this.#given.mode === 'external' ? nobodyHolds : decideHold(observed, this.#hold, now);
  }

  /** Whoever wonders why nothing is scaled looks at the Deployment. */
  async #showMissing(deployment: WorkerDeployment, { desired, reason }: ScalingDecision): Promise<Reason> {
    if (this.#given.mode === 'operator')
      await this.#scale.showStatus(deployment, { desired: desired ?? deployment.replicas, reason });
    return reason;
  }

  /** For another that scales: what it takes away should be idle. */
  async #serve({ pods, busy }: SeenWorkers): Promise<Reason> {
    await writeCosts(pods, [], busy, this.#given.cluster);
    return 'external';
  }

  async #act(seen: SeenWorkers, hold: HoldDecision, decision: ScalingDecision, demand: Demand): Promise<Reason> {
    const before = seen.deployment.replicas;
    const deployment = await this.#scale.tidy(seen, hold);
    this.#hold = hold.state;
    await this.#tellUnheard(seen.deployment);
    const now = { ...seen, deployment };
    if (hold.newHoldMs !== null) await this.#scale.tell(deployment, foreignChange(deployment, hold.newHoldMs));
    if (hold.hold !== null) await this.#serve(now);
    const { reason, target } = await this.#move(now, decision).catch((error: unknown) => {
      if (!isRefusal(error)) this.#unheard = { from: before, demand };
      throw error;
    });
    if (target !== null) await this.#scale.tell(deployment, scaled(before, target, demand));
    else await this.#scale.showStatus(deployment, { desired: decision.desired ?? before, reason });
    return reason;
  }

  /** Whether it was carried out, the Deployment shows: its number is then the one that was announced. */
  async #tellUnheard(deployment: WorkerDeployment): Promise<void> {
    const unheard = this.#unheard;
    this.#unheard = null;
    if (unheard === null || deployment.replicas === unheard.from) return;
    if (deployment.replicas !== wroteOf(deployment)?.to) return;
    await this.#scale.tell(deployment, scaled(unheard.from, deployment.replicas, unheard.demand));
  }

  async #move(seen: SeenWorkers, { desired, target, reason }: ScalingDecision): Promise<ScaleDownResult> {
    if (desired === null || target === null) return { reason, target: null };
    if (target > seen.deployment.replicas) {
      await this.#scale.up(seen, { desired: target, reason });
      return { reason, target };
    }
    const { cluster, cordons, world } = this.#given;
    const look = () => this.#lookAgain();
    const isDone = () => {
      this.#scaling = afterScaleDown(this.#scaling, world.clock.now());
    };
    const given = { cluster, cordons, look, clock: world.clock };
    const moved = await scaleDown(seen, target, given, this.#interrupt.signal).catch((error: unknown) => {
      if (!isRefusal(error)) isDone();
      throw error;
    });
    if (moved.target !== null) isDone();
    return moved;
  }

  async #lookAgain(): Promise<(SeenWorkers & { readonly desired: number }) | Reason> {
    const { demand, busy, cluster } = await this.#observe();
    if (demand === null) return 'no_lanes';
    if (busy === null) return 'no_leases';
    if (cluster === null) return 'no_deployment';
    return { ...cluster, busy, desired: this.#within(demand.replicas) };
  }

  async #readCluster(): Promise<Sight['cluster']> {
    if (this.#given.world.clock.now() < this.#notBefore) return null;
    return this.#given.cluster.read().catch((error: unknown) => {
      if (!(error instanceof KubernetesCallError)) throw error;
      this.#refused(error);
      return null;
    });
  }

  /** A conflict is no failure: there is another look. After a failure the API server is left alone for a while. */
  #refused(error: KubernetesCallError): Reason {
    if (error.status === 409) return 'conflict';
    this.#failures.failed(error);
    const own = Math.min(firstBackoffMs * 2 ** this.#failed, longestBackoffMs);
    this.#failed += 1;
    this.#notBefore = this.#given.world.clock.now() + Math.max(error.retryAfterMs ?? 0, own);
    return 'api_refused';
  }
}

const nobodyHolds: HoldDecision = { hold: null, adopt: false, resumed: false, newHoldMs: null, state: noHold };

function foreignChange(deployment: WorkerDeployment, holdMs: number): WorkerEvent {
  const wrote = wroteOf(deployment)?.to ?? 'nothing';
  return {
    reason: 'ForeignChange',
    message:
      `Somebody else asked for ${deployment.replicas} workers (the autoscaler had asked for ${wrote}). That is left alone for ` +
      `${holdMs / 60_000} minutes; the annotation ${annotationNames.asked}=resume ends it at once, =paused makes it last.`,
  };
}

function scaled(from: number, to: number, { words }: Demand): WorkerEvent {
  const direction = to > from ? 'ScaledUp' : 'ScaledDown';
  const why = to > from ? (words ?? 'the minimum') : `${reasons.scale_down}; ${words ?? 'no lane wants any'}`;
  return { reason: direction, message: `Scaled from ${from} to ${to} workers: ${why}.` };
}
