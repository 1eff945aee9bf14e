/** Calls of the Kubernetes API, with one kind of failure. Loaded in a pod alone: its library takes half a second. */
import { ApiException } from '@kubernetes/client-node';
import { KubernetesCallError } from './kubernetesErrors.ts';

/**
 * @param name as in a Role: `update leases`
 * @throws KubernetesCallError
 */
export async function calling<T>(name: string, call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    if (!(error instanceof ApiException)) throw new KubernetesCallError(name, null, null);
    throw new KubernetesCallError(name, error.code, retryAfterOf(error.headers));
  });
}

/** Seconds in digits; a date is not worth trusting two clocks for. */
function retryAfterOf(headers: Readonly<Record<string, string>>): number | null {
  const seconds = headers['retry-after'];
  return seconds !== undefined && /^\d{1,4}$/.test(seconds) ? Number(seconds) * 1_000 : null;
}
