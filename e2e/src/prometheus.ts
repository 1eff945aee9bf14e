/** Prometheus in the cluster, asked through the API server. */
import { run } from './run.ts';

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

const proxy = '/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy';

/** @throws CommandError when there is no such Prometheus */
export async function query(expr: string): Promise<Sample[]> {
  const answer = await run('kubectl', ['get', '--raw', `${proxy}/api/v1/query?query=${encodeURIComponent(expr)}`]);
  return JSON.parse(answer).data.result;
}
