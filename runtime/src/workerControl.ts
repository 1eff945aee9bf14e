/** Cordons and their reports on Redis' pub/sub, for both ends. A message may be lost: the operator asks again, and a cordon ends. */
import {
  type WorkerControl,
  type WorkerReport,
  workerControlChannel,
  workerControlSchema,
  workerReportChannel,
  workerReportSchema,
} from '@story-tasks/contracts';
import type { Redis } from 'ioredis';
import { listen } from './channel.ts';
import type { Logger } from './logger.ts';

/** @param redis of the use `prompt` @returns how many processes listened; rejects when Redis is away */
export function publishWorkerControl(redis: Redis, message: WorkerControl): Promise<number> {
  return redis.publish(workerControlChannel, JSON.stringify(message));
}

/** @param redis of the use `subscriber`, which other channels may share */
export function listenToWorkerControl(
  redis: Redis,
  onControl: (message: WorkerControl) => void,
  logger: Logger,
): Promise<void> {
  return listen(redis, workerControlChannel, workerControlSchema, onControl, logger);
}

/** @param redis of the use `prompt` @returns how many processes listened; rejects when Redis is away */
export function publishWorkerReport(redis: Redis, report: WorkerReport): Promise<number> {
  return redis.publish(workerReportChannel, JSON.stringify(report));
}

/** @param redis of the use `subscriber`, which other channels may share */
export function listenToWorkerReports(
  redis: Redis,
  onReport: (report: WorkerReport) => void,
  logger: Logger,
): Promise<void> {
  return listen(redis, workerReportChannel, workerReportSchema, onReport, logger);
}
