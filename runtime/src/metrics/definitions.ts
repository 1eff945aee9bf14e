/**
 * Every metric of ours, in one place: docs/metrics.md is written from it. Labels take few values, each known beforehand: never
 * the id of a task or a story, a URL, or text that came from outside.
 */

type ComponentName = 'api' | 'worker' | 'operator';

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, in seconds; of a histogram alone. */
  readonly buckets?: readonly number[];
  /** Who exports it. */
  readonly from: readonly ComponentName[];
}

/** From a job that is taken at once to one that waits for half an hour. */
const waits = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800];
/** From a run that finds everything made to the longest that is allowed. */
const runs = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_200, 1_800];
/** From a call broken off in mid-air to a cancellation that has to wait for a lease to run out. */
const cancellations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];
/** Up to the longest that all tries of a call and of its repair may take. */
const calls = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];
const requests = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const metricDefinitions = {
  story_tasks_queue_jobs: {
    type: 'gauge',
    help: 'Jobs of a lane by state: waiting, prioritized, delayed_due (their time has come), delayed_later, active; paused: those that would be waiting or prioritized if the lane were not paused. Absent while there is no reading.',
    labels: ['operation', 'state'],
    from: ['operator'],
  },
  story_tasks_queue_oldest_waiting_seconds: {
    type: 'gauge',
    help: 'Age of the job that is next in its lane, by the clock of Redis: since it was added, or since the last run of its task began, or since its delay was over. 0 when none waits. Absent while there is no reading.',
    labels: ['operation'],
    from: ['operator'],
  },
  story_tasks_created_total: {
    type: 'counter',
    help: 'Tasks that the API made, retries by POST …/retry among them; repeats of an Idempotency-Key are not.',
    labels: ['operation'],
    from: ['api'],
  },
  story_tasks_finished_total: {
    type: 'counter',
    help: 'Tasks of lanes that ended, by whoever wrote the end: a worker, the API (cancelled before they ran, could not be queued), the operator (lost runs). Each task counts once over all processes; one whose end was written by a call whose answer was lost may be missing.',
    labels: ['operation', 'status'],
    from: ['api', 'worker', 'operator'],
  },
  story_tasks_errors_total: {
    type: 'counter',
    help: 'Runs that failed or were lost, and tasks that could not be queued, by error code; those that are tried again count too.',
    labels: ['operation', 'code'],
    from: ['api', 'worker', 'operator'],
  },
  story_tasks_queue_wait_seconds: {
    type: 'histogram',
    help: 'From when a task could be run (created, started, released, or its time to be tried again) to its claim, by the clock of the database.',
    labels: ['operation'],
    buckets: waits,
    from: ['worker'],
  },
  story_tasks_run_seconds: {
    type: 'histogram',
    help: 'From the claim of a run to its written end, by the clock of the worker. Status: succeeded, failed, cancelled, retrying (failed, tried again), released, stale (another run has the task), unwritten (the store did not take the end).',
    labels: ['operation', 'status'],
    buckets: runs,
    from: ['worker'],
  },
  story_tasks_running_silent_seconds: {
    type: 'gauge',
    help: 'How long the run that has been silent longest has told no event; 0 when none is under way.',
    labels: ['operation'],
    from: ['worker'],
  },
  story_tasks_cancel_seconds: {
    type: 'histogram',
    help: 'Of tasks that were cancelled while they ran. Phase abort: from the run being told to its code having ended, model call included, by the clock of the worker. Phase terminal: from the request to the end, both on record, by the clock of the database.',
    labels: ['operation', 'phase'],
    buckets: cancellations,
    from: ['worker', 'operator'],
  },
  story_tasks_worker_slots: {
    type: 'gauge',
    help: 'Runs that a worker may have at once: busy with one, or free. A worker that stops has none free.',
    labels: ['operation', 'state'],
    from: ['worker'],
  },
  story_tasks_llm_calls_total: {
    type: 'counter',
    help: 'Steps that asked the model, with their tries and repairs as one. Outcome: ok, aborted (the run was stopped), or the error code.',
    labels: ['operation', 'model', 'outcome'],
    from: ['worker'],
  },
  story_tasks_llm_tokens_total: {
    type: 'counter',
    help: 'Tokens that the model counted, of failed calls too. Direction: input, output.',
    labels: ['operation', 'model', 'direction'],
    from: ['worker'],
  },
  story_tasks_llm_call_seconds: {
    type: 'histogram',
    help: 'Duration of the calls that story_tasks_llm_calls_total counts, whatever their outcome.',
    labels: ['operation', 'model'],
    buckets: calls,
    from: ['worker'],
  },
  story_tasks_reconciled_total: {
    type: 'counter',
    help: 'What the reconciler did. Action: requeued, lost, cancelled (lost runs), enqueued, job_removed, purged.',
    labels: ['action'],
    from: ['operator'],
  },
  story_tasks_config_info: {
    type: 'gauge',
    help: '1 for the settings that this process applies: the first 12 characters of the SHA-256 of the document, none while there was no document yet. All processes have converged when there is one hash.',
    labels: ['hash'],
    from: ['api', 'worker', 'operator'],
  },
  story_tasks_config_rejected_total: {
    type: 'counter',
    help: 'Settings documents that were refused whole; the last good one stays in force. Each document counts once in each process.',
    labels: [],
    from: ['api', 'worker', 'operator'],
  },
  story_tasks_autoscaler_replicas: {
    type: 'gauge',
    help: 'Workers by kind: desired (by the latest decision), current (that the Deployment asks for), busy (with a run on record). From the leader alone.',
    labels: ['kind'],
    from: ['operator'],
  },
  story_tasks_autoscaler_decisions_total: {
    type: 'counter',
    help: 'Decisions of the autoscaler by reason; those that change nothing count too.',
    labels: ['reason'],
    from: ['operator'],
  },
  story_tasks_leader: {
    type: 'gauge',
    help: '1 while this operator leads, 0 while it stands by.',
    labels: [],
    from: ['operator'],
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'From a request to the end of its answer; of an event stream, to its beginning. Route is the pattern, or unmatched. Status 499: the client left before it was answered.',
    labels: ['method', 'route', 'status'],
    buckets: requests,
    from: ['api'],
  },
} as const satisfies Record<string, MetricDefinition>;

type Definitions = typeof metricDefinitions;
type OfType<T extends MetricDefinition['type']> = {
  [N in keyof Definitions]: Definitions[N]['type'] extends T ? N : never;
}[keyof Definitions];

export type CounterName = OfType<'counter'>;
export type GaugeName = OfType<'gauge'>;
export type HistogramName = OfType<'histogram'>;
export type LabelOf<N extends keyof Definitions> = Definitions[N]['labels'][number];
