/** What tests of every part start a Redis with, and take it away with. */
export { type RedisServer, startRedis } from './redis.ts';
export { type SilentProxy, startSilentProxy } from './silentProxy.ts';
