import { createLogger, readEnvironment, runUntilSignal } from '@story-tasks/runtime';
import { startWorker, workerSettings } from './worker.ts';

const settings = readEnvironment(workerSettings);
const logger = createLogger('worker', settings.LOG_LEVEL);
/** Beyond the drain: time for the runs' ends to be written. */
const marginMs = 4_000;
process.exit(
  await runUntilSignal(logger, () => startWorker(settings, logger), settings.DRAIN_SECONDS * 1_000 + marginMs),
);
