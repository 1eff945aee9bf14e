import { expect, test } from 'vitest';
import { judgeRedis } from './redisFitness.ts';

const info = (fields: Record<string, string>) =>
  ['# Server', ...Object.entries(fields).map(([name, value]) => `${name}:${value}`), ''].join('\r\n');
const policy = { maxmemory_policy: 'noeviction' };

test.each([
  ['Redis 6.2', info({ redis_version: '6.2.0', ...policy })],
  ['Redis 7', info({ redis_version: '7.0.15', ...policy })],
  ['Redis 10', info({ redis_version: '10.0.1', ...policy })],
  // It names the Redis that it is as good as, besides its own version, which may be lower or higher.
  ['Valkey', info({ redis_version: '7.2.4', server_name: 'valkey', valkey_version: '8.1.0', ...policy })],
  ['KeyDB', info({ redis_version: '6.3.4', ...policy })],
])('%s with noeviction fits', (_name, text) => {
  expect(judgeRedis(text)).toEqual({ problem: null, unread: [] });
});

test.each(['5.0.14', '6.0.16', '6.1.9', '4.0.2'])(
  'Redis %s is too old, and the sentence says what is needed',
  (version) => {
    const { problem } = judgeRedis(info({ redis_version: version, ...policy }));
    expect(problem).toBe(`Redis ${version} is too old: point REDIS_URL at Redis 6.2 or later.`);
  },
);

test.each(['allkeys-lru', 'volatile-ttl', 'allkeys-random'])('with %s the sentence says what to set', (wrong) => {
  const { problem } = judgeRedis(info({ redis_version: '7.2.0', maxmemory_policy: wrong }));
  expect(problem).toContain(`maxmemory-policy ${wrong}`);
  expect(problem).toContain('CONFIG SET maxmemory-policy noeviction');
});

test.each([
  ['nothing', '', ['version', 'maxmemory-policy']],
  ['no policy', info({ redis_version: '7.2.0' }), ['maxmemory-policy']],
  ['no version', info(policy), ['version']],
  ['a version in other words', info({ redis_version: 'managed', ...policy }), ['version']],
])('what is not told (%s) is no problem, and is named', (_name, text, unread) => {
  expect(judgeRedis(text)).toEqual({ problem: null, unread });
});
