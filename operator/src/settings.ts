/** The operator's settings, and what they must have in common. */
import {
  autoscalerEnvironment,
  operatorEnvironment,
  processEnvironment,
  redisEnvironment,
  settingsEnvironment,
  storeEnvironment,
  workerEnvironment,
} from '@story-tasks/runtime';
import type { z } from 'zod';

const all = processEnvironment
  .extend(redisEnvironment.shape)
  .extend(storeEnvironment.shape)
  .extend(settingsEnvironment.shape)
  // That of the workers: how many slots one has decides how many are wanted.
  .extend({ WORKER_CONCURRENCY: workerEnvironment.shape.WORKER_CONCURRENCY })
  .extend(operatorEnvironment.shape)
  .extend(autoscalerEnvironment.shape);
export type OperatorSettings = z.output<typeof all>;

const rules: readonly (readonly [
  name: keyof OperatorSettings,
  broken: (s: OperatorSettings) => boolean,
  words: string,
])[] = [
  [
    'POD_NAMESPACE',
    (s) => s.POD_NAMESPACE === undefined && (s.LEADER_LEASE !== undefined || s.AUTOSCALING_MODE !== 'none'),
    'is needed with LEADER_LEASE, and to size the workers',
  ],
  [
    'WORKER_DEPLOYMENT',
    (s) => s.WORKER_DEPLOYMENT === undefined && s.AUTOSCALING_MODE !== 'none',
    'is needed to size the workers',
  ],
  ['MAX_REPLICAS', (s) => s.MAX_REPLICAS < s.MIN_REPLICAS, 'must not be less than MIN_REPLICAS'],
  ['LEADER_LEASE_SECONDS', (s) => !Number.isInteger(s.LEADER_LEASE_SECONDS), 'must be whole seconds'],
  [
    'LEADER_RENEW_SECONDS',
    (s) => s.LEADER_RENEW_SECONDS >= s.LEADER_LEASE_SECONDS,
    'must be less than LEADER_LEASE_SECONDS: a leader must stop before another may begin',
  ],
  [
    'LEADER_RETRY_SECONDS',
    (s) => s.LEADER_RETRY_SECONDS >= s.LEADER_RENEW_SECONDS,
    'must be less than LEADER_RENEW_SECONDS',
  ],
];

export const operatorSettings = all.superRefine((settings, context) => {
  for (const [name, broken, message] of rules) {
    if (broken(settings)) context.addIssue({ code: 'custom', path: [name], message });
  }
});
