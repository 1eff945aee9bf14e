/** What is measured and traced of the runs of this process; the runs themselves only say where they are. */
import { type LlmGateway, RunCancelledError, type RunOutcome, type TaskLog } from '@story-tasks/agent-backend';
import { laneName, type Operation, operationNames, type TaskRecord } from '@story-tasks/contracts';
import { countTaskEnds, failSpan, inSpan, type Metrics, measureCancellations, type Span } from '@story-tasks/runtime';
import type { TaskChange } from '@story-tasks/supabase';
import { llmMetrics, measuredGateway } from './measuredGateway.ts';

export interface RunObserverOptions {
  readonly metrics: Metrics;
  readonly llm: LlmGateway;
  /** Runs of an operation that this process may have at once; none any more when it stops. */
  readonly slots: (operation: Operation) => number;
  /** The clock of the runs: milliseconds that never go back. */
  readonly now: () => number;
}

/** One run as its observer is told of it. */
export interface ObservedRun {
  /** The model, for this run. */
  readonly llm: LlmGateway;
  begun(log: Pick<TaskLog, 'signal'>): void;
  /** The run told an event. */
  told(): void;
  ended(outcome: RunOutcome): void;
}

interface OpenRun {
  readonly operation: Operation;
  lastEventAt: number;
}

export class RunObserver {
  readonly #options: RunObserverOptions;
  readonly #open = new Set<OpenRun>();
  readonly #ends;
  readonly #cancellations;
  readonly #waitSeconds;
  readonly #runSeconds;
  readonly #llm;

  constructor(options: RunObserverOptions) {
    const { metrics } = options;
    this.#options = options;
    this.#ends = countTaskEnds(metrics);
    this.#cancellations = measureCancellations(metrics);
    this.#waitSeconds = metrics.histogram('story_tasks_queue_wait_seconds');
    this.#runSeconds = metrics.histogram('story_tasks_run_seconds');
    this.#llm = llmMetrics(metrics);
    this.#gauge();
  }

  /** Told by the repository of each change that this process wrote. */
  changed(change: TaskChange, task: TaskRecord): void {
    if (change === 'claimed') this.#waited(task);
    if (change === 'retrying') this.#ends.failed(task, task.errorCode);
    if (change !== 'ended') return;
    this.#ends.ended(task);
    this.#cancellations.ended(task);
  }

  /** Observes a run from its claim until its work is done, its end on record included. */
  run<T>(task: TaskRecord, work: (run: ObservedRun) => Promise<T>): Promise<T> {
    return inSpan(spanOf(task), async (span) => {
      const { llm, now } = this.#options;
      const open: OpenRun = { operation: task.operation, lastEventAt: now() };
      const timing = new RunTiming(now());
      this.#open.add(open);
      try {
        return await work({
          llm: measuredGateway({ llm, operation: task.operation, metrics: this.#llm, now }),
          begun: ({ signal }) => timing.watch(signal, now),
          told: () => {
            open.lastEventAt = now();
          },
          ended: (outcome) => timing.ended(outcome),
        });
      } finally {
        this.#open.delete(open);
        this.#tell(task, timing, span);
      }
    });
  }

  /** Both times are the database's, and of one reading: the claim writes `updatedAt`. */
  #waited({ operation, availableAt, updatedAt }: TaskRecord): void {
    const milliseconds = Date.parse(updatedAt) - Date.parse(availableAt);
    this.#waitSeconds.observe({ operation }, Math.max(0, milliseconds) / 1_000);
  }

  #tell(task: TaskRecord, timing: RunTiming, span: Span): void {
    const { operation } = task;
    this.#runSeconds.observe({ operation, status: timing.status }, (this.#options.now() - timing.startedAt) / 1_000);
    if (timing.abortMs !== undefined) this.#cancellations.aborted(task, timing.abortMs);
    span.setAttribute('story_tasks.outcome', timing.status);
    if (timing.failure !== undefined) failSpan(span, timing.failure);
  }

  #gauge(): void {
    const { metrics, slots, now } = this.#options;
    const openOf = (operation: Operation) => [...this.#open].filter((run) => run.operation === operation);
    metrics.gauge('story_tasks_worker_slots', (gauge) => {
      for (const operation of operationNames) {
        const busy = openOf(operation).length;
        gauge.set({ operation, state: 'busy' }, busy);
        gauge.set({ operation, state: 'free' }, Math.max(0, slots(operation) - busy));
      }
    });
    metrics.gauge('story_tasks_running_silent_seconds', (gauge) => {
      for (const operation of operationNames) {
        const silent = openOf(operation).map((run) => now() - run.lastEventAt);
        gauge.set({ operation }, Math.max(0, ...silent) / 1_000);
      }
    });
  }
}

function spanOf({ id, operation, attempt }: TaskRecord) {
  const attributes = {
    'messaging.system': 'bullmq',
    'messaging.operation.type': 'process',
    'messaging.destination.name': laneName(operation),
    'story_tasks.task_id': id,
    'story_tasks.operation': operation,
    'story_tasks.attempt': attempt,
  };
  return { name: `run ${operation}`, kind: 'consumer', attributes } as const;
}

/** When a run was told to stop, when its code ended, and what became of it. */
class RunTiming {
  readonly startedAt: number;
  /** Nobody told it otherwise: the end could not be written. */
  status = 'unwritten';
  /** Our code of what failed the run. */
  failure: string | undefined = undefined;
  /** From the cancellation to the end of the run's code; undefined when it was not cancelled in its middle. */
  abortMs: number | undefined = undefined;
  #cancelledAt: number | undefined = undefined;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  watch(signal: AbortSignal, now: () => number): void {
    const note = () => {
      if (signal.reason instanceof RunCancelledError) this.#cancelledAt = now();
    };
    if (signal.aborted) note();
    else signal.addEventListener('abort', note, { once: true });
  }

  ended({ completion: { outcome, task }, endedAt }: RunOutcome): void {
    this.status = outcome === 'finished' ? task.status : outcome;
    const failed = outcome === 'retrying' || (outcome === 'finished' && task.status === 'failed');
    if (failed) this.failure = task.errorCode ?? 'INTERNAL';
    // A cancellation that came when the code had ended, with the last batch, broke nothing off.
    if (this.#cancelledAt !== undefined && this.#cancelledAt <= endedAt) this.abortMs = endedAt - this.#cancelledAt;
  }
}
