/** The leadership that the settings ask for. */
import { systemWorld } from '@story-tasks/contracts';
import { type Logger, processName } from '@story-tasks/runtime';
import type { Kubernetes } from '@story-tasks/runtime/kubernetes';
import type { LoopWatch } from '../loopWatch.ts';
import type { OperatorSettings } from '../settings.ts';
import { type Leadership, soleLeader } from './leadership.ts';
import { LeaseLeadership } from './leaseLeadership.ts';

/** @param kubernetes null: there is no Lease to contend for */
export async function contend(
  settings: OperatorSettings,
  kubernetes: Kubernetes | null,
  loopWatch: LoopWatch,
  logger: Logger,
): Promise<Leadership> {
  const { LEADER_LEASE, POD_NAMESPACE = '' } = settings;
  if (kubernetes === null || LEADER_LEASE === undefined) return soleLeader;
  const { kubernetesLeases } = await import('./leases.ts');
  const leases = kubernetesLeases(kubernetes, POD_NAMESPACE, LEADER_LEASE, systemWorld.clock.date);
  const { beat } = loopWatch.begin('leadership');
  // Each turn of its loop begins with that.
  const read = () => {
    beat();
    return leases.read();
  };
  return new LeaseLeadership({
    leases: { ...leases, read },
    // A container that was started anew in the same pod is another process.
    identity: `${processName(settings.POD_NAME)}_${systemWorld.chance.uuid()}`,
    leaseSeconds: settings.LEADER_LEASE_SECONDS,
    renewSeconds: settings.LEADER_RENEW_SECONDS,
    retrySeconds: settings.LEADER_RETRY_SECONDS,
    world: systemWorld,
    logger,
  }).start();
}
