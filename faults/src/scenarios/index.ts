import { threeKills } from './01-threeKills.ts';
import { workerKilled } from './01-workerKilled.ts';
import { workerFrozen } from './02-workerFrozen.ts';
import { loopBlocked } from './03-loopBlocked.ts';
import { stoppedInWork } from './04-stoppedInWork.ts';
import { stoppedWithoutRedis } from './05-stoppedWithoutRedis.ts';
import { apiKilled } from './06-apiKilled.ts';
import { replyDropped } from './07-replyDropped.ts';
import { redisFlushed, redisKilled } from './08-09-redisLosesJobs.ts';
import { messageLost } from './12-messageLost.ts';
import { postgresRestarted } from './13-postgresRestarted.ts';
import { gatewayRefuses } from './14-gatewayRefuses.ts';
import { slowAndLossyLinks } from './16-slowAndLossy.ts';
import { clocksApart } from './17-clocksApart.ts';
import { cancelAgainstEnd } from './18-cancelAgainstEnd.ts';
import { settingsChange } from './19-settingsChange.ts';
import { modelFails } from './22-modelFails.ts';
import type { Scenario } from './scenario.ts';

/** In the order of the table of faults. */
export const scenarios: readonly Scenario[] = [
  workerKilled,
  threeKills,
  workerFrozen,
  loopBlocked,
  stoppedInWork,
  stoppedWithoutRedis,
  apiKilled,
  replyDropped,
  redisKilled,
  redisFlushed,
  messageLost,
  postgresRestarted,
  gatewayRefuses,
  slowAndLossyLinks,
  clocksApart,
  cancelAgainstEnd,
  settingsChange,
  modelFails,
];
