/** Connections that die without a word: each use finds out, and works again by itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  connectRedis,
  createLogger,
  probeRedis,
  publishCancellation,
  type RedisUse,
  subscribeToCancellations,
} from '../src/index.ts';
import { type RedisServer, type SilentProxy, startRedis, startSilentProxy } from './harness.ts';

const logger = createLogger('test', 'silent');
const taskId = '00000000-0000-4000-8000-000000000001';

let server: RedisServer;
let proxy: SilentProxy;
beforeAll(async () => {
  server = await startRedis();
  proxy = await startSilentProxy(server.port);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const yes = () => true;
const no = () => false;

test('a blocking one has its answer late, a prompt one an error and then answers, a subscriber its messages', async () => {
  const connect = (use: RedisUse) => connectRedis(`redis://127.0.0.1:${proxy.port}`, use, logger);
  const [blocking, prompt, subscriber] = [connect('blocking'), connect('prompt'), connect('subscriber')];
  const direct = connectRedis(server.url, 'prompt', logger);
  const heard: string[] = [];
  await subscribeToCancellations(subscriber, (id) => heard.push(id), logger);
  await blocking.set('key', 'value');
  await probeRedis(prompt);

  const startedAt = performance.now();
  const took = () => Math.round(performance.now() - startedAt);
  const answers = async () => {
    expect(await blocking.get('key')).toBe('value');
    return took();
  };
  const failsAndAnswers = async () => {
    await expect(probeRedis(prompt)).rejects.toThrow('timed out');
    const works = () => probeRedis(prompt).then(yes, no);
    await expect.poll(works, { timeout: 10_000 }).toBe(true);
    return took();
  };
  const hears = async () => {
    const tell = () => publishCancellation(direct, taskId).then(() => heard[0]);
    await expect.poll(tell, { timeout: 20_000 }).toBe(taskId);
    return took();
  };
  proxy.swallowOpen();
  const [first, second, third] = await Promise.all([answers(), failsAndAnswers(), hears()]);
  console.log(`works again: blocking after ${first} ms, prompt ${second} ms, subscriber ${third} ms`);
  for (const redis of [blocking, prompt, subscriber, direct]) redis.disconnect();
});
