import { expect, test } from 'vitest';
import {
  processEnvironment,
  readEnvironment,
  redisEnvironment,
  storeEnvironment,
  workerEnvironment,
} from './environment.ts';

test('an empty variable counts as unset', () => {
  expect(readEnvironment(processEnvironment, { OPS_PORT: '', LOG_LEVEL: '' })).toMatchObject({
    OPS_PORT: 9090,
    LOG_LEVEL: 'info',
  });
});

test('every variable that does not fit is named, and no value is repeated', () => {
  const schema = storeEnvironment.extend(redisEnvironment.shape).extend(workerEnvironment.shape);
  const env = {
    REDIS_URL: 'http://user:hunter2@redis',
    SUPABASE_URL: 'nowhere-hunter2',
    WORKER_CONCURRENCY: 'hunter2',
  };
  const read = () => readEnvironment(schema, env);
  expect(read).toThrowError(/REDIS_URL: .*\n.*|SUPABASE_URL: /);
  for (const name of ['REDIS_URL', 'SUPABASE_URL', 'SUPABASE_SECRET_KEY', 'WORKER_CONCURRENCY', 'BUNDLE_STORE']) {
    expect(read).toThrowError(new RegExp(`${name}: `));
  }
  expect(read).not.toThrowError(/hunter2/);
});

test('one run of an operation at a time is the default', () => {
  expect(readEnvironment(workerEnvironment, { BUNDLE_STORE: 'dir:/tmp' })).toMatchObject({
    LEASE_SECONDS: 15,
  });
});
