/**
 * The registry of operations. Adding one means an entry here (with its runner in agent-backend, which the compiler
 * then asks for) and its name in the check constraint of `story_tasks.operation`.
 */
import { z } from 'zod';

/** What RUN_WORKFLOW_TASK can be asked to do, in the order in which a story is usually made. */
export const workflowTasks = [
  'CREATE_CONSTITUTION',
  'CREATE_INTERACTIVE_SCRIPT',
  'CREATE_VISUAL_DESIGN',
  'CREATE_AUDIO_DESIGN',
  'CREATE_SHOT_LIST',
] as const;
export const workflowTaskSchema = z
  .enum(workflowTasks, {
    error: ({ input }) => (input === undefined ? `is required: one of ${workflowTasks.join(', ')}` : undefined),
  })
  .meta({ id: 'WorkflowTask' });
export type WorkflowTask = z.infer<typeof workflowTaskSchema>;

/** Defaults of one operation, used where neither the settings document nor the request says otherwise. */
export interface OperationDefaults {
  /** Runs at once in one process. */
  readonly concurrency: number;
  /** How often a task may fail retryably before it ends: 1 means that retries are off. */
  readonly attempts: number;
  /** A run longer than this fails with TIMEOUT (retryable). */
  readonly timeoutSeconds: number;
}

interface OperationEntry<Options extends z.ZodType> {
  /** Shown to people: becomes `displayFields.description` of each task. */
  readonly label: string;
  /** Validates the request's `options`, which become the task's `payload` verbatim. */
  readonly options: Options;
  /** The options that name a story to read: who may not see it may not have it read. */
  readonly storyOptions: readonly string[];
  /** Name of the function in agent-backend that does the work. */
  readonly runner: string;
  /** True when a second run finds what the first one persisted, so that a lost worker costs at most one step. */
  readonly resumable: boolean;
  readonly defaults: OperationDefaults;
}

const entry = <Options extends z.ZodType, Runner extends string>(
  definition: OperationEntry<Options> & { runner: Runner },
) => definition;

const defaults: OperationDefaults = { concurrency: 1, attempts: 1, timeoutSeconds: 1800 };

export const operations = {
  RUN_WORKFLOW_TASK: entry({
    label: 'Run a workflow task',
    options: z.strictObject({
      task: workflowTaskSchema.describe('The workflow task to run.'),
      resumeWorkflowFromStoryId: z
        .guid()
        .optional()
        .describe(
          'Load what this story already has, and generate only what is missing. Defaults to the task’s own story.',
        ),
    }),
    storyOptions: ['resumeWorkflowFromStoryId'],
    runner: 'runWorkflowTask',
    resumable: true,
    defaults,
  }),
  REGENERATE_CONSTITUTION: entry({
    label: 'Regenerate the constitution',
    options: z.strictObject({}),
    storyOptions: [],
    runner: 'generateStoryConstitution',
    resumable: true,
    defaults,
  }),
  BUILD_PLAYER_BUNDLE: entry({
    label: 'Build the player bundle',
    options: z.strictObject({}),
    storyOptions: [],
    runner: 'runPlayerBundleTask',
    resumable: true,
    defaults,
  }),
} as const;

export type Operation = keyof typeof operations;
/** The validated options of one operation. */
export type OptionsOf<O extends Operation> = z.infer<(typeof operations)[O]['options']>;
export type RunnerName = (typeof operations)[Operation]['runner'];

export const operationNames = Object.keys(operations) as Operation[];
export const operationSchema = z.enum(operationNames as [Operation, ...Operation[]]).meta({ id: 'Operation' });
