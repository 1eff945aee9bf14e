/**
 * Workers, their queue and the ReplicaSet that makes and removes their pods, in virtual time: what the autoscaler does to them is
 * written down, and whatever it must never do is a violation. The ReplicaSet's order is written here anew, from its rules, and
 * not taken from what is tested.
 */
import { type Operation, pause, type WorkerControl, type WorkerReport, type World } from '@story-tasks/contracts';
import type { LaneReading } from '@story-tasks/runtime';
import { type BusyWorker, StoreUnavailableError } from '@story-tasks/supabase';
import { KubernetesCallError } from '../../kubernetesErrors.ts';
import type { WorkerCluster, WorkerDeployment, WorkerEvent } from '../cluster.ts';
import type { WorkerPod } from '../pods.ts';

interface Worker {
  pod: WorkerPod;
  /** When its container starts, is ready, and when its run ends; Infinity: never. */
  startsAt: number;
  readyAt: number;
  busyUntil: number | null;
  busySince: number;
  /** When the record has the claim of its run. */
  leasedAt: number;
  cordonedUntil: number;
  token: string | null;
  /** As the ReplicaSet's copy has it, which is behind. */
  seenCost: { cost: number; at: number };
}

export interface Scale {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

const stepMs = 100;
/** How far the ReplicaSet's copy of a pod may be behind. */
const copyLagMs = 300;
const operation: Operation = 'RUN_WORKFLOW_TASK';

export class SimulatedWorkers {
  readonly scales: Scale[] = [];
  readonly violations: string[] = [];
  readonly events: WorkerEvent[] = [];
  readonly workers = new Map<string, Worker>();
  waiting = 0;
  /** Jobs that come in a second, on average. */
  rate = 0;
  lanesAway = false;
  leasesAway = false;
  /** Fraction of calls of the Kubernetes API that fail, of those whose answer is lost, and of messages that are lost. */
  faults = { calls: 0, answers: 0, messages: 0 };
  /** No pod is made or removed. */
  controllerAway = false;
  annotations: Record<string, string> = {};
  replicas: number;
  onReport: (report: WorkerReport) => void = () => undefined;
  readonly #world: World;
  #version = 1;
  #made = 0;

  constructor(world: World, replicas: number) {
    this.#world = world;
    this.replicas = replicas;
    this.#step();
  }

  get now(): number {
    return this.#world.clock.now();
  }

  /** As a person or an HPA would. */
  scaleByHand(replicas: number): void {
    this.replicas = replicas;
    this.#version += 1;
  }

  /** As whoever else writes on the Deployment. */
  touch(): void {
    this.#version += 1;
  }

  readLanes = async (): Promise<ReadonlyMap<Operation, LaneReading> | null> => {
    await this.#takes();
    if (this.lanesAway) return null;
    const active = [...this.workers.values()].filter(({ busyUntil }) => busyUntil !== null).length;
    const jobs = { waiting: this.waiting, prioritized: 0, delayed_due: 0, delayed_later: 0, active, paused: 0 };
    return new Map([[operation, { isPaused: false, jobs, oldestWaitingMs: 0 }]]);
  };

  listBusy = async (): Promise<BusyWorker[]> => {
    await this.#takes();
    if (this.leasesAway) throw new StoreUnavailableError('list busy workers');
    return [...this.workers.values()]
      .filter(({ busyUntil, leasedAt }) => busyUntil !== null && this.now >= leasedAt)
      .map(({ pod, busySince }) => ({ workerId: pod.name, busyMs: this.now - busySince }));
  };

  publish = async (message: WorkerControl): Promise<void> => {
    await this.#takes();
    for (const workerId of message.workerIds) {
      const worker = this.workers.get(workerId);
      // What has not started hears nothing.
      if (!worker?.pod.isRunning || this.#chance() < this.faults.messages) continue;
      const isCordon = message.command === 'cordon';
      worker.cordonedUntil = isCordon ? this.now + message.forMs : 0;
      worker.token = isCordon ? message.token : null;
      this.#say(worker);
    }
  };

  readonly cluster: WorkerCluster = {
    read: () =>
      this.#call('get deployments', () => ({
        deployment: this.#deployment(),
        pods: [...this.workers.values()].map(({ pod }) => pod),
      })),
    annotate: (seen, annotations) =>
      this.#call('patch deployments', () => {
        this.#requires(seen);
        for (const [name, value] of Object.entries(annotations)) {
          if (value === null) delete this.annotations[name];
          else this.annotations[name] = value;
        }
        this.#version += 1;
        return this.#deployment();
      }),
    scale: (seen, replicas) =>
      this.#call('update deployments/scale', () => {
        this.#requires(seen);
        this.scales.push({ at: this.now, from: this.replicas, to: replicas });
        this.scaleByHand(replicas);
      }),
    setDeletionCost: (pod, cost) =>
      this.#call('patch pods', () => {
        const worker = this.workers.get(pod.name);
        if (worker === undefined) throw new KubernetesCallError('patch pods', 404, null);
        worker.seenCost = { cost: worker.pod.deletionCost, at: this.now };
        worker.pod = { ...worker.pod, deletionCost: cost };
      }),
    tell: (_seen, event) => this.#call('create events', () => void this.events.push(event)),
  };

  #chance = () => this.#world.chance.fraction();
  #takes = () => pause(this.#world.clock, 1 + Math.floor(this.#chance() * 40));

  async #call<T>(name: string, work: () => T): Promise<T> {
    await this.#takes();
    if (this.#chance() < this.faults.calls)
      throw new KubernetesCallError(name, this.#chance() < 0.5 ? 429 : 503, 1_000);
    const done = work();
    await this.#takes();
    if (this.#chance() < this.faults.answers) throw new KubernetesCallError(name, null, null);
    return done;
  }

  #deployment(): WorkerDeployment {
    const { replicas } = this;
    return { resourceVersion: String(this.#version), uid: 'u', replicas, annotations: { ...this.annotations } };
  }

  #requires({ resourceVersion }: WorkerDeployment): void {
    if (resourceVersion !== String(this.#version)) throw new KubernetesCallError('update deployments', 409, null);
  }

  #step(): void {
    if (this.#chance() < (this.rate * stepMs) / 1_000) this.waiting += 1;
    // Whoever is asked first takes the job: not always the oldest.
    for (const worker of [...this.workers.values()].sort(() => this.#chance() - 0.5)) this.#live(worker);
    if (!this.controllerAway) this.#control();
    this.#world.clock.after(stepMs, () => this.#step());
  }

  #live(worker: Worker): void {
    const { now } = this;
    const isRunning = now >= worker.startsAt;
    const phase = isRunning ? 'Running' : 'Pending';
    worker.pod = { ...worker.pod, isAssigned: true, isRunning, phase, isReady: now >= worker.readyAt };
    if (worker.busyUntil !== null && now >= worker.busyUntil) {
      worker.busyUntil = null;
      if (now < worker.cordonedUntil) this.#say(worker);
    }
    const takes = isRunning && worker.busyUntil === null && now >= worker.cordonedUntil && this.waiting > 0;
    if (!takes) return;
    this.waiting -= 1;
    worker.busyUntil = now + 300 + Math.floor(this.#chance() ** 3 * 20_000);
    worker.busySince = now;
    worker.leasedAt = now + Math.floor(this.#chance() ** 3 * 3_000);
  }

  #say({ pod, token, busyUntil }: Worker): void {
    if (token === null || this.#chance() < this.faults.messages) return;
    this.onReport({ token, workerId: pod.name, idle: busyUntil === null });
  }

  #control(): void {
    while (this.workers.size < this.replicas) this.#make();
    const excess = this.workers.size - this.replicas;
    for (const { pod } of [...this.workers.values()].sort(this.#whoGoesFirst).slice(0, Math.max(0, excess))) {
      if (this.workers.get(pod.name)?.busyUntil !== null)
        this.violations.push(`${pod.name} was at work when it was removed`);
      this.workers.delete(pod.name);
    }
  }

  #make(): void {
    this.#made += 1;
    const name = `worker-${this.#made}`;
    const startsAt = this.now + 500 + Math.floor(this.#chance() * 2_000);
    this.workers.set(name, {
      pod: {
        name,
        replicaSet: 'rs',
        isAssigned: false,
        phase: 'Pending',
        isReady: false,
        isRunning: false,
        createdAt: this.now,
        deletionCost: 0,
      },
      startsAt,
      // Some take long, and are at work before.
      readyAt: startsAt + 800 + Math.floor(this.#chance() ** 4 * 20_000),
      busyUntil: null,
      busySince: 0,
      leasedAt: 0,
      cordonedUntil: 0,
      token: null,
      seenCost: { cost: 0, at: Number.NEGATIVE_INFINITY },
    });
  }

  #costSeen({ pod, seenCost }: Worker): number {
    return this.now - seenCost.at < copyLagMs ? seenCost.cost : pod.deletionCost;
  }

  #whoGoesFirst = (a: Worker, b: Worker): number => {
    const classOf = ({ pod }: Worker) => [!pod.isAssigned, pod.phase === 'Pending', !pod.isReady];
    const [left, right] = [classOf(a), classOf(b)];
    const differs = left.findIndex((is, index) => is !== right[index]);
    if (differs !== -1) return left[differs] ? -1 : 1;
    return this.#costSeen(a) - this.#costSeen(b) || b.pod.createdAt - a.pod.createdAt;
  };
}
