/** What happens in a random round, as plain data made from its seed alone: the work, and the faults beside it. */
import type { Operation, WorkflowTask } from '@story-tasks/contracts';
import { seeded } from '@story-tasks/contracts/test';
import type { LinkFaults } from '../links/link.ts';
import type { CallFault } from '../links/storeLink.ts';
import type { ModelFault } from '../model/modelServer.ts';
import { between, pick, type Random } from './draw.ts';

export interface PlannedTask {
  readonly operation: Operation;
  readonly task?: WorkflowTask;
  readonly attempts: number;
  /** The same create is asked for so often at once, with one key. */
  readonly asked: number;
  /** Milliseconds after its acknowledgement; absent: never. */
  readonly cancelAfterMs?: number;
  /** A retry is asked for when it failed or was cancelled. */
  readonly retried: boolean;
}

/** Tasks of one story, each after the one before has ended. */
export interface PlannedStory {
  readonly scenelets: number;
  readonly tasks: readonly PlannedTask[];
}

export type Fault =
  | { readonly kind: 'link'; readonly link: string; readonly faults: Partial<LinkFaults> }
  | { readonly kind: 'cut'; readonly link: string }
  | { readonly kind: 'calls'; readonly link: string; readonly fault: CallFault; readonly chance: number }
  | { readonly kind: 'pub/sub'; readonly worker: 0 | 1 }
  | { readonly kind: 'model'; readonly fault: ModelFault }
  | { readonly kind: 'kill' | 'freeze' | 'stop'; readonly part: string }
  | { readonly kind: 'kill redis' | 'flush redis' | 'end sessions' };

export interface PlannedFault {
  readonly atMs: number;
  readonly forMs: number;
  readonly fault: Fault;
}

export interface Plan {
  readonly seed: number;
  readonly modelLatencyMs: number;
  readonly stories: readonly PlannedStory[];
  readonly faults: readonly PlannedFault[];
}

const parts = ['api', 'worker-a', 'worker-b', 'operator'];
const storeLinks = parts.map((part) => `${part}-store`);
const tcpLinks = [...parts.map((part) => `${part}-redis`), 'worker-a-model', 'worker-b-model', 'store-postgres'];

/** The faults begin within this time of the round's start. */
const faultsWithinMs = 2_500;

/** The same seed always makes the same plan. */
export function planRound(seed: number): Plan {
  const random = seeded(seed);
  const many = <T>(from: number, to: number, make: () => T) => Array.from({ length: between(random, from, to) }, make);
  return {
    seed,
    modelLatencyMs: pick(random, [10, 60, 150, 300]),
    stories: many(2, 4, () => planStory(random)),
    faults: many(2, 6, () => planFault(random)).toSorted((one, other) => one.atMs - other.atMs),
  };
}

function planStory(random: Random): PlannedStory {
  const later: readonly Omit<PlannedTask, 'attempts' | 'asked' | 'retried'>[] = [
    { operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_VISUAL_DESIGN' },
    { operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_AUDIO_DESIGN' },
    { operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_SHOT_LIST' },
    { operation: 'REGENERATE_CONSTITUTION' },
    { operation: 'BUILD_PLAYER_BUNDLE' },
  ];
  const begin = planTask(random, { operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_CONSTITUTION' });
  const script = planTask(random, { operation: 'RUN_WORKFLOW_TASK', task: 'CREATE_INTERACTIVE_SCRIPT' });
  const rest = later.filter(() => random() < 0.35).map((task) => planTask(random, task));
  return { scenelets: between(random, 3, 5), tasks: [begin, script, ...rest] };
}

function planTask(random: Random, task: Pick<PlannedTask, 'operation' | 'task'>): PlannedTask {
  return {
    ...task,
    attempts: random() < 0.15 ? 2 : 1,
    asked: random() < 0.25 ? between(random, 2, 5) : 1,
    retried: random() < 0.3,
    ...(random() < 0.2 ? { cancelAfterMs: between(random, 0, 900) } : {}),
  };
}

function planFault(random: Random): PlannedFault {
  return { atMs: between(random, 0, faultsWithinMs), forMs: between(random, 100, 1_800), fault: chooseFault(random) };
}

function chooseFault(random: Random): Fault {
  const kind = pick(random, [
    'link',
    'link',
    'calls',
    'calls',
    'process',
    'process',
    'platform',
    'cut',
    'model',
  ] as const);
  if (kind === 'link') return { kind, link: pick(random, [...tcpLinks, ...storeLinks]), faults: linkFaults(random) };
  if (kind === 'cut') return { kind, link: pick(random, [...tcpLinks, ...storeLinks]) };
  if (kind === 'calls') {
    const fault = pick(random, ['drop reply', 'drop reply', '503', '504', '57014', 'hang'] as const);
    return { kind, link: pick(random, storeLinks), fault, chance: pick(random, [0.2, 0.5, 1]) };
  }
  if (kind === 'model') return { kind, fault: pick(random, ['hang', '429', '500', 'garbage'] as const) };
  if (kind === 'process')
    return { kind: pick(random, ['kill', 'kill', 'freeze', 'stop'] as const), part: pick(random, parts) };
  if (random() < 0.3) return { kind: 'pub/sub', worker: pick(random, [0, 1] as const) };
  return { kind: pick(random, ['kill redis', 'flush redis', 'end sessions'] as const) };
}

function linkFaults(random: Random): Partial<LinkFaults> {
  return pick(random, [
    { latencyMs: between(random, 20, 400) },
    { latencyMs: 100, resetChance: 0.1 },
    { resetChance: 0.3 },
    { blackHole: true },
    { refuse: true },
  ]);
}
