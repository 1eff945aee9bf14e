/** What the processes are to do, each left out or done wrong. */
import type { Mutant } from './mutant.ts';

const createEndpoint = 'api/src/endpoints/createStoryTask.ts';
const created = '    const { outcome, task } = await dependencies.tasks.createTask(created).catch(tellOfStory);\n';

export const processMutants: readonly Mutant[] = [
  {
    name: 'the API acknowledges before the row',
    faults: '14',
    edits: [
      {
        file: createEndpoint,
        from: created,
        to: `    const id = crypto.randomUUID();
    dependencies.tasks.createTask({ ...created, id }).then((made) => placeNewTask(dependencies, made.task)).catch(() => undefined);
    if (id !== '') return { status: 201, body: { taskId: id } };
${created}`,
      },
    ],
  },
  {
    name: 'idempotency keys are not looked up',
    faults: '6',
    edits: [
      {
        file: createEndpoint,
        from: 'return idempotencyKey === undefined ? task',
        to: "return idempotencyKey !== '' ? task",
      },
    ],
  },
  {
    name: 'a task that could not be queued is acknowledged',
    faults: '6',
    edits: [
      {
        file: 'api/src/tasks/lanePlacement.ts',
        from: "if (outcome === 'failed') throw new TaskNotEnqueuedError(taskId);",
        to: "if (outcome === 'never') throw new TaskNotEnqueuedError(taskId);",
      },
    ],
  },
  {
    name: 'no checkpoint before a call',
    faults: '12',
    edits: [
      {
        file: 'agent-backend/src/workflow/workflowRun.ts',
        from: '  await context.checkpoint();\n',
        to: '',
      },
    ],
  },
  {
    name: 'a resumed run plans its script anew',
    faults: '1b',
    edits: [
      {
        file: 'agent-backend/src/workflow/createInteractiveScript.ts',
        from: '  if (work.outline) {\n',
        to: '  if (work.outline === undefined) {\n',
      },
    ],
  },
  {
    name: 'progress is told as it comes',
    faults: '4',
    edits: [
      {
        file: 'agent-backend/src/task-logging/taskLog.ts',
        from: 'this.#progress = Math.max(this.#progress, Math.min(100, Math.trunc(progress)) || 0);',
        to: 'this.#progress = Math.min(100, Math.trunc(progress)) || 0;',
      },
    ],
  },
  {
    name: 'the worker logs its settings',
    faults: '22',
    edits: [
      {
        file: 'worker/src/worker.ts',
        from: "logger.info({ workerId, provider, model }, 'worker ready');",
        to: "logger.info({ workerId, provider, model, settings }, 'worker ready');",
      },
    ],
  },
  {
    name: "an error repeats the provider's words",
    faults: '22',
    edits: [
      {
        file: 'agent-backend/src/llm/sdkErrors.ts',
        from: '  if (saysKeyIsInvalid(error.data)) return fromStatus(401);\n',
        to: "  if (status === 400) return new LlmError('LLM_BAD_REQUEST', String(error.responseBody));\n",
      },
    ],
  },
  {
    name: 'a claim does not carry the limit',
    faults: '19',
    edits: [
      {
        file: 'worker/src/processJob.ts',
        from: '      globalLimit: settings(operation).globalConcurrency ?? undefined,\n',
        to: '',
      },
    ],
  },
  {
    name: 'lanes are not rebuilt',
    faults: '9',
    edits: [
      {
        file: 'operator/src/decideEnqueue.ts',
        from: "hasJob === false && task.dispatch === 'queue' && task.status",
        to: "hasJob === undefined && task.dispatch === 'queue' && task.status",
      },
    ],
  },
];
