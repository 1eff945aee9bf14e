/** Why the autoscaler did what it did, or did nothing: for the metric, the log, and in words for people. */
import type { Metrics } from '@story-tasks/runtime';

export const reasons = {
  scale_up: 'more workers are wanted',
  scale_down: 'fewer workers were wanted for long enough',
  steady: 'as many workers as are wanted',
  at_maximum: 'more workers are wanted than the maximum',
  stabilizing: 'fewer workers are wanted, but not for long enough yet',
  rate_limited: 'fewer workers are wanted, but some were taken away a moment ago',
  settling: 'the Deployment has not caught up with what was asked of it',
  rolling_out: 'pods of two versions are there; none is taken away meanwhile',
  all_busy: 'fewer workers are wanted, but each is at work',
  unready_pod: 'fewer workers are wanted, but a pod that may be at work is not ready, and would be the first to go',
  unconfirmed: 'fewer workers are wanted, but none confirmed that it does nothing',
  wanted_again: 'workers that were about to go are wanted again',
  paused: 'the annotation story-tasks/autoscaling is “paused”',
  foreign_change: 'somebody else changed the number of workers; it is left alone for a while',
  no_lanes: 'the lanes cannot be read',
  no_leases: 'the record cannot be read',
  no_deployment: 'the Deployment or its pods cannot be read',
  conflict: 'the Deployment changed meanwhile',
  api_refused: 'the Kubernetes API did not take a call',
  internal_error: 'the autoscaler itself failed; its log says where',
  external: 'another scales; deletion costs are kept current',
} as const;
export type Reason = keyof typeof reasons;

/** @returns what counts a decision */
export function countDecisions(metrics: Metrics): (reason: Reason) => void {
  const decisions = metrics.counter('story_tasks_autoscaler_decisions_total');
  for (const reason of Object.keys(reasons)) decisions.inc({ reason }, 0);
  return (reason) => decisions.inc({ reason });
}
