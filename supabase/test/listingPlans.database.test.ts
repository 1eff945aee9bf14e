/** How Postgres finds a page: the plans of the function's own statements, as auto_explain tells them. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, newStory, one, type Request } from './calls.ts';
import { type PostgresServer, startPostgres } from './harness.ts';

const tasks = 30_000;

let server: PostgresServer;
let client: pg.Client;
let storyId: string;
const person = randomUUID();

beforeAll(async () => {
  server = await startPostgres();
  client = await server.connect('postgres');
  storyId = await newStory(client);
  await client.query('insert into auth.users (id) values ($1)', [person]);
  // Few failed and few built bundles: what is rare is what a walk along all tasks would find too late.
  await client.query(
    `insert into public.story_tasks (story_id, requested_by, operation, status, created_at)
     select case when n % 100 = 0 then $1::uuid end, case when n % 80 = 0 then $3::uuid end,
            case when n % 90 = 0 then 'BUILD_PLAYER_BUNDLE' else 'RUN_WORKFLOW_TASK' end,
            case when n % 70 = 0 then 'failed' else 'succeeded' end, timestamptz '2026-01-01' + n * interval '1 s'
     from generate_series(1, $2) n`,
    [storyId, tasks, person],
  );
  await client.query('analyze public.story_tasks');
  await client.query(
    `load 'auto_explain';
     set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
     set auto_explain.log_analyze = on; set auto_explain.log_format = json; set auto_explain.log_level = notice`,
  );
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const withParts = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(withParts)];

/** The nodes of the plan that found the page. */
async function planOf(request: Request): Promise<Plan[]> {
  const told: string[] = [];
  const keep = (notice: { message?: string | undefined }) => told.push(notice.message ?? '');
  client.on('notice', keep);
  await call(client, 'list_story_tasks', { limit: 20, ...request });
  client.off('notice', keep);
  const plans = told.map((text) => JSON.parse(text.slice(text.indexOf('{'))) as { 'Query Text': string; Plan: Plan });
  return withParts(one(plans.filter((plan) => plan['Query Text'].startsWith('select jsonb_agg'))).Plan);
}

const middle = { position: { createdAtMicros: Date.UTC(2026, 0, 1, 4) * 1000, id: randomUUID() } };

test.each<[string, () => Request, string]>([
  ['everything', () => ({}), 'story_tasks_created_at_idx'],
  ['one story', () => ({ storyId }), 'story_tasks_story_id_created_at_idx'],
  ['one status', () => ({ status: 'failed' }), 'story_tasks_status_created_at_idx'],
  ['one person', () => ({ requestedBy: person }), 'story_tasks_requested_by_created_at_idx'],
  ['one operation', () => ({ operation: 'BUILD_PLAYER_BUNDLE' }), 'story_tasks_operation_created_at_idx'],
])('a page of %s is read from its index, and neither scans nor sorts the table', async (_, filter, index) => {
  for (const request of [filter(), { ...filter(), ...middle }]) {
    const nodes = await planOf(request);
    expect(nodes.map((node) => node['Index Name']).filter(Boolean)).toEqual([index]);
    // Incremental Sort only orders tasks of one moment by id.
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort');
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(Math.max(...nodes.map((node) => node['Actual Rows']))).toBeLessThan(100);
  }
});

test('with two filters at once a small part of the table is read', async () => {
  const nodes = await planOf({ status: 'failed', operation: 'BUILD_PLAYER_BUNDLE', ...middle });
  expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
  const read = nodes.map((node) => node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0));
  expect(Math.max(...read)).toBeLessThan(tasks / 30);
});
