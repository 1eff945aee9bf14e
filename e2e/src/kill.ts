/** SIGKILL from outside: what a pod cannot do to its own first process, and `kubectl delete` does not do. */
import type { KubeObject } from './kubectl.ts';
import { run } from './run.ts';

/** Of the processes of a node those whose control group is the container's. */
const killContainer = 'kill -KILL $(grep -ls "$0" /proc/[0-9]*/cgroup | cut -d/ -f3)';

/**
 * Kills the processes of a pod's only container; the kubelet starts it again.
 * @throws CommandError where the node is no container of this machine's Docker, as kind's are
 */
export async function killProcess(pod: KubeObject): Promise<void> {
  const node = String(pod['spec'].nodeName);
  const container = String(pod['status'].containerStatuses[0].containerID).replace(/^.*:\/\//, '');
  await run('docker', ['exec', node, 'sh', '-c', killContainer, container]);
}
