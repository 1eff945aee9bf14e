import { EnvironmentError, readEnvironment } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { operatorSettings } from './settings.ts';

const least = { REDIS_URL: 'redis://r', SUPABASE_URL: 'http://s', SUPABASE_SECRET_KEY: 'k' };
const sizing = { AUTOSCALING_MODE: 'operator', WORKER_DEPLOYMENT: 'w', POD_NAMESPACE: 'n' };

test.each([
  ['nothing of Kubernetes', {}],
  ['a Lease', { LEADER_LEASE: 'l', POD_NAMESPACE: 'n' }],
  ['sizing the workers', sizing],
])('%s is enough by itself', (_name, env) => {
  expect(readEnvironment(operatorSettings, { ...least, ...env })).toMatchObject({ LEADER_RENEW_SECONDS: 6 });
});

test.each([
  ['a Lease without a namespace', { LEADER_LEASE: 'l' }, 'POD_NAMESPACE: is needed with LEADER_LEASE'],
  ['sizing without a Deployment', { ...sizing, WORKER_DEPLOYMENT: '' }, 'WORKER_DEPLOYMENT: is needed'],
  ['more at least than at most', { ...sizing, MIN_REPLICAS: '3', MAX_REPLICAS: '2' }, 'MAX_REPLICAS: must not be less'],
  ['part of a second', { LEADER_LEASE_SECONDS: '7.5' }, 'LEADER_LEASE_SECONDS: must be whole seconds'],
  ['a leader that would act too long', { LEADER_RENEW_SECONDS: '10' }, 'LEADER_RENEW_SECONDS: must be less'],
  ['a leader that would try once', { LEADER_RETRY_SECONDS: '6' }, 'LEADER_RETRY_SECONDS: must be less'],
])('%s is refused in words', (_name, env, words) => {
  const read = () => readEnvironment(operatorSettings, { ...least, ...env });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(words);
});
