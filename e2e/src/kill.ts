/** SIGKILL from outside: what a pod cannot do to its own first process, and `kubectl delete` does not do. */
import type { KubeObject } from './kubectl.ts';
import { run } from './run.ts';

/**
 * Kills the process of a pod's only container; the kubelet starts another in its place.
 * @throws CommandError where the node is no container of this machine's Docker, as kind's are
 */
export async function killProcess(pod: KubeObject): Promise<void> {
  const node = String(pod['spec'].nodeName);
  const container = String(pod['status'].containerStatuses[0].containerID).replace(/^.*:\/\//, '');
  const onNode = (...command: string[]) => run('docker', ['exec', node, ...command]);
  const pid = await onNode('crictl', 'inspect', '-o', 'go-template', '--template', '{{.info.pid}}', container);
  await onNode('kill', '-KILL', pid.trim());
}
