/** One round: a client of its own, its faults, the wait until all has ended, and the checker's verdict. */
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from '../checker/checker.ts';
import type { LimitChange } from '../checker/limits.ts';
import type { EventRow, Observation, TaskRow, Violation } from '../checker/observation.ts';
import { isTerminal } from '../checker/observation.ts';
import { Client } from '../client/client.ts';
import type { Disturbance } from '../links/link.ts';
import type { System } from '../system/system.ts';

export interface Round {
  readonly system: System;
  readonly client: Client;
  /** Notes a limit that was written down. */
  limited(change: LimitChange): void;
  /** Notes a time during which a worker's process stood still. */
  frozen(disturbance: Disturbance): void;
  /** The task's row as it stands now. */
  row(taskId: string): Promise<TaskRow>;
  events(taskId: string): Promise<EventRow[]>;
  /** Waits until it holds. @throws Error naming it when the limit passes */
  until(what: string, holds: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  untilRow(taskId: string, what: string, holds: (row: TaskRow) => boolean, limitMs?: number): Promise<TaskRow>;
  /** Of what the checker does not know: what this very fault must come to. */
  expect(holds: boolean, told: string): void;
  /** From the moment a worker was lost to the next claim, in milliseconds. */
  tookOver(milliseconds: number): void;
}

export interface Verdict {
  readonly violations: Violation[];
  readonly takeovers: number[];
  readonly observation: Observation;
}

export interface RoundLimits {
  /** How long everything may take to end after the last fault, in milliseconds. */
  readonly settleMs: number;
}

const pollMs = 20;

/** @param act the round's own part; whatever it throws is a violation too */
export async function playRound(
  system: System,
  limits: RoundLimits,
  act: (round: Round) => Promise<void>,
): Promise<Verdict> {
  const client = new Client(system.apiUrl, system.canaries.premise);
  const violations: Violation[] = [];
  const takeovers: number[] = [];
  const frozen: Disturbance[] = [];
  const limited: LimitChange[] = [];
  const from = { calls: system.calls.length, model: system.platform.model.calls.length };
  const round = roundOf(system, client, violations, takeovers, frozen, limited);
  await act(round).catch((error: unknown) => {
    violations.push({ check: 'the round itself', told: error instanceof Error ? error.message : String(error) });
  });
  await system.heal();
  await settled(round, limits.settleMs);
  for (const part of system.parts) {
    const crash = part.takeCrash();
    if (crash !== undefined) violations.push({ check: 'I9 no part ends by itself', told: `${part.name}: ${crash}` });
  }
  const observation = await observe(round, frozen, limited, from);
  violations.push(...check(observation));
  return { violations, takeovers, observation };
}

function roundOf(
  system: System,
  client: Client,
  violations: Violation[],
  takeovers: number[],
  frozen: Disturbance[],
  limited: LimitChange[],
): Round {
  const row = async (id: string) => (await rowsOf<TaskRow>(system, 'story_tasks', 'id', [id]))[0] as TaskRow;
  return {
    system,
    client,
    row,
    limited: (change) => void limited.push(change),
    frozen: (disturbance) => void frozen.push(disturbance),
    events: (id) => rowsOf<EventRow>(system, 'story_task_events', 'task_id', [id]),
    until,
    async untilRow(taskId, what, holds, limitMs) {
      let seen = await row(taskId);
      const look = async () => {
        seen = await row(taskId);
        return holds(seen);
      };
      await until(`task ${taskId} ${what}`, look, limitMs);
      return seen;
    },
    expect: (holds, told) => {
      if (!holds) violations.push({ check: 'also expected', told });
    },
    tookOver: (milliseconds) => void takeovers.push(milliseconds),
  };
}

async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(pollMs);
  }
}

/** Whether it came to that, the checker says: a task that did not end is its to name. */
async function settled({ system, client }: Round, limitMs: number): Promise<void> {
  const stories = client.ledger.stories.map(({ id }) => id);
  const ended = async () => {
    const tasks = await rowsOf<TaskRow>(system, 'story_tasks', 'story_id', stories);
    return tasks.every(({ status, held }) => isTerminal(status) || held);
  };
  await until('everything has ended', ended, limitMs).catch(() => undefined);
}

async function observe(
  { system, client }: Round,
  frozen: readonly Disturbance[],
  limits: readonly LimitChange[],
  from: { calls: number; model: number },
): Promise<Observation> {
  const { ledger } = client;
  const stories = ledger.stories.map(({ id }) => id);
  const tasks = await rowsOf<TaskRow>(system, 'story_tasks', 'story_id', stories);
  const ids = tasks.map(({ id }) => id);
  const events = await rowsOf<EventRow>(system, 'story_task_events', 'task_id', ids);
  const workerLinks = system.workers.flatMap(({ allLinks }) => allLinks);
  return {
    ...{ tasks, events, ledger },
    modelCalls: system.platform.model.calls.slice(from.model),
    modelDisturbances: system.workers.flatMap(({ links }) => links.model?.disturbances ?? []),
    delays: [...workerLinks.flatMap(({ delays }) => delays), ...system.platform.database.delays, ...frozen],
    storeCalls: system.calls.slice(from.calls),
    limits,
    texts: await textsOf(system, { tasks, events, ledger }),
    secrets: { ...system.canaries, storeKey: system.platform.gateway.secretKey },
  };
}

async function textsOf(system: System, told: Pick<Observation, 'tasks' | 'events' | 'ledger'>) {
  const pages = await Promise.all(
    system.parts.map(async (part) => ({
      where: `the ops port of ${part.name}`,
      text: await opsPages(part.process.opsUrl),
    })),
  );
  return [
    { where: 'the logs', text: await system.newLogs() },
    { where: 'the tasks', text: JSON.stringify(told.tasks) },
    { where: 'the events', text: JSON.stringify(told.events) },
    { where: "the API's answers", text: told.ledger.texts.join('\n') },
    ...pages,
  ];
}

async function opsPages(url: string): Promise<string> {
  const pages = await Promise.all(
    ['/metrics', '/healthz'].map((path) =>
      fetch(`${url}${path}`).then(
        (page) => page.text(),
        () => '',
      ),
    ),
  );
  return pages.join('\n');
}

async function rowsOf<R>(system: System, table: string, column: string, ids: readonly string[]): Promise<R[]> {
  return system.platform.rows<R>(
    `select to_jsonb(t) as row from public.${table} t where t.${column} = any($1::uuid[]) order by to_jsonb(t) ->> 'task_id', (to_jsonb(t) ->> 'seq')::bigint`,
    [ids],
  );
}
