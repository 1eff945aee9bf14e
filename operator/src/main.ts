import { createLogger, readEnvironment, runUntilSignal } from '@story-tasks/runtime';
import { operatorSettings, startOperator } from './operator.ts';

const settings = readEnvironment(operatorSettings);
const logger = createLogger('operator', settings.LOG_LEVEL);
/** A tick under way is bounded by the store's and the lanes' own limits. */
const stopWithinMs = 10_000;
process.exit(await runUntilSignal(logger, () => startOperator(settings, logger), stopWithinMs));
