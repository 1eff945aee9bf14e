/** A real Prometheus of a test's own, on the loopback, that scrapes what it is told to. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@story-tasks/supabase/lite';
import { vi } from 'vitest';
import { startProcess } from '../src/processes.ts';

const configuration = `
global: { scrape_interval: 250ms, scrape_timeout: 250ms }
scrape_configs:
  - job_name: story-tasks
    file_sd_configs: [{ files: [targets.json], refresh_interval: 1s }]
`;

interface Target {
  readonly component: string;
  /** Of the ops port. */
  readonly url: string;
}

/** One series and its value. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** Scrapes one more; one that ended meanwhile stays on the list, as in a cluster that has not noticed. */
  add(target: Target): Promise<void>;
  query(expression: string): Promise<Sample[]>;
  /** The value of an expression that has one series; undefined when it has none. */
  value(expression: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

export async function startPrometheus(): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'story-tasks-prometheus-'));
  const targets: Target[] = [];
  const writeTargets = () =>
    writeFile(
      join(dir, 'targets.json'),
      JSON.stringify(targets.map(({ component, url }) => ({ targets: [new URL(url).host], labels: { component } }))),
    );
  await writeFile(join(dir, 'prometheus.yml'), configuration);
  await writeTargets();
  const url = `http://127.0.0.1:${await freePort()}`;
  const server = await startProcess({
    name: 'prometheus',
    command: 'prometheus',
    args: [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--log.level=warn',
    ],
    env: { PATH: process.env['PATH'] },
    logFile: join(dir, 'prometheus.log'),
    cleanUp: () => rm(dir, { recursive: true, force: true }),
  });
  const ready = async () => {
    if (!(await fetch(`${url}/-/ready`)).ok) throw new Error('Prometheus is not ready.');
  };
  await vi.waitFor(ready, { timeout: 20_000 });
  const query = (expression: string) => ask(url, expression);
  return {
    query,
    async add(target) {
      targets.push(target);
      await writeTargets();
    },
    async value(expression) {
      const samples = await query(expression);
      if (samples.length > 1) throw new Error(`${expression} has ${samples.length} series.`);
      return samples[0]?.value;
    },
    stop: () => server.stop(),
  };
}

async function ask(url: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expression }),
  });
  type Answer = {
    status: string;
    error?: string;
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  const { data, error } = (await response.json()) as Answer;
  if (!data) throw new Error(`${expression}: ${error}`);
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** @returns what Prometheus' own check has against an exposition; empty when nothing */
export function lint(exposition: string): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input: exposition });
  if (error) throw error;
  return status === 0 ? '' : `${stdout}${stderr}`;
}
