/** Signals from outside: what a pod cannot do to its own first process, and `kubectl delete` does not do. */
import type { KubeObject } from './kubectl.ts';
import { run } from './run.ts';

/** Of the processes of a node those whose control group is the container's. */
const signalContainer = 'kill -"$0" $(grep -ls "$1" /proc/[0-9]*/cgroup | cut -d/ -f3)';

/**
 * Signals the processes of a pod's only container. One that is killed the kubelet starts again.
 * @throws CommandError where the node is no container of this machine's Docker, as kind's are
 */
export async function signalPod(pod: KubeObject, signal: 'KILL' | 'STOP' | 'CONT'): Promise<void> {
  const container = String(pod['status'].containerStatuses[0].containerID).replace(/^.*:\/\//, '');
  await onNode(String(pod['spec'].nodeName), ['sh', '-c', signalContainer, signal, container]);
}

/** Kills the API server of a node of the control plane; the kubelet starts it again. @throws CommandError as above */
export async function killApiServer(node: string): Promise<void> {
  await onNode(node, ['sh', '-c', 'kill -KILL $(pidof kube-apiserver)']);
}

async function onNode(node: string, command: readonly string[]): Promise<void> {
  await run('docker', ['exec', node, ...command]);
}
