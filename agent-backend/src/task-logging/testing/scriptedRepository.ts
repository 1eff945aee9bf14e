/** A repository that answers as a test says, and keeps what it was asked. */
import { randomUUID } from 'node:crypto';
import type { TaskRecord } from '@story-tasks/contracts';
import type {
  BatchAnswer,
  BatchEntry,
  ClaimOutcome,
  Finish,
  FinishOutcome,
  Release,
  StoryTasksRepository,
} from '@story-tasks/supabase';

export function taskRecord(fields: Partial<TaskRecord> = {}): TaskRecord {
  const at = '2026-11-22T05:00:00.000Z';
  return {
    id: randomUUID(),
    storyId: randomUUID(),
    operation: 'RUN_WORKFLOW_TASK',
    status: 'running',
    progress: 0,
    payload: { task: 'CREATE_CONSTITUTION' },
    requestedBy: null,
    displayFields: null,
    taskCancelled: false,
    cancelReason: null,
    cancelRequestedAt: null,
    held: false,
    attempt: 1,
    maxAttempts: 1,
    retryOf: null,
    errorCode: null,
    errorMessage: null,
    result: null,
    inputTokens: 0,
    outputTokens: 0,
    createdAt: at,
    updatedAt: at,
    startedAt: at,
    finishedAt: null,
    dispatch: 'queue',
    attemptsSpent: 0,
    availableAt: at,
    workerId: 'test',
    leaseExpiresAt: at,
    requester: 'anonymous',
    lastSeq: 0,
    ...fields,
  };
}

/** What a batch is answered with: the same for each of its tasks, or an error that it is refused with. */
export type Script = BatchAnswer | Error;

export class ScriptedRepository {
  readonly task: TaskRecord;
  /** The batches that were asked for, each as its entries. */
  readonly batches: BatchEntry[][] = [];
  readonly finishes: Finish[] = [];
  readonly releases: Release[] = [];
  readonly cancels: string[] = [];
  /** Answers to the next batches; `ok` when they are used up. */
  script: Script[] = [];
  /** Faults of the next other calls, in order. */
  faults: Error[] = [];
  claim: ClaimOutcome | Error | undefined;
  finishOutcome: FinishOutcome['outcome'] = 'finished';
  #gate: Promise<void> = Promise.resolve();

  constructor(task: TaskRecord = taskRecord()) {
    this.task = task;
  }

  /** Keeps batches under way until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async appendBatch(entries: readonly BatchEntry[]): Promise<Record<string, BatchAnswer>> {
    this.batches.push([...entries]);
    const answer = this.script.shift() ?? 'ok';
    await this.#gate;
    if (answer instanceof Error) throw answer;
    return Object.fromEntries(entries.map(({ taskId }) => [taskId, answer]));
  }

  async createTask() {
    return { outcome: 'created' as const, task: { ...this.task, status: 'queued' as const, attempt: 0 } };
  }

  async claimTask(): Promise<ClaimOutcome> {
    if (this.claim instanceof Error) throw this.claim;
    return this.claim ?? { outcome: 'claimed', task: this.task };
  }

  async finishTask(finish: Finish): Promise<FinishOutcome> {
    this.finishes.push(finish);
    this.#fail();
    return { outcome: this.finishOutcome, task: { ...this.task, status: finish.status } };
  }

  async releaseTask(release: Release) {
    this.releases.push(release);
    this.#fail();
    return { outcome: 'released' as const, task: { ...this.task, status: 'queued' as const } };
  }

  async getTask(): Promise<TaskRecord> {
    this.#fail();
    return this.task;
  }

  async cancelTask(taskId: string) {
    this.cancels.push(taskId);
    return { outcome: 'cancelled' as const, task: this.task };
  }

  /** The calls that runs make, as the whole repository. */
  get asRepository(): StoryTasksRepository {
    return this as Partial<StoryTasksRepository> as StoryTasksRepository;
  }

  #fail(): void {
    const fault = this.faults.shift();
    if (fault) throw fault;
  }
}
