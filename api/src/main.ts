import { createLogger, readEnvironment, runUntilSignal } from '@story-tasks/runtime';
import { apiSettings, startApi } from './api.ts';

const settings = readEnvironment(apiSettings);
const logger = createLogger('api', settings.LOG_LEVEL);
/** Requests under way are bounded by the store's and the lanes' own limits. */
const stopWithinMs = 10_000;
process.exit(await runUntilSignal(logger, () => startApi(settings, logger), stopWithinMs));
