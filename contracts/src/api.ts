/** Requests and answers of the HTTP API. The same schemas validate, give types and make the OpenAPI document. */
import { z } from 'zod';
import { taskEventSchema } from './events.ts';
import { type Operation, type OptionsOf, operationNames, operationSchema, operations } from './operations.ts';
import { taskSchema, taskStatusSchema } from './tasks.ts';

const storyId = z.guid({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a uuid') });

/** Of POST /api/story-tasks, what every operation takes. */
const createTaskCommon = {
  storyId: storyId.describe('The story to work on.'),
  attempts: z
    .int()
    .min(1)
    .max(20)
    .optional()
    .describe('How often the task may fail retryably before it ends; 1: no retry. Default: the operation’s own.'),
  autoStart: z.boolean().default(true).describe('False: the task is held until it is started.'),
};

/** `options` is checked against the operation's own schema by `parseCreateTask`. */
const createTaskEnvelopeSchema = z.strictObject({
  operation: operationSchema,
  ...createTaskCommon,
  options: z.unknown().optional(),
});

/** The same, with one shape for each operation: for the OpenAPI document. It takes what `parseCreateTask` takes (tested). */
export const createTaskRequestSchema = z
  .discriminatedUnion('operation', operationNames.map(createTaskShape) as [ReturnType<typeof createTaskShape>])
  .meta({ id: 'NewStoryTask' });

function createTaskShape(operation: Operation) {
  const { label, options } = operations[operation];
  return z
    .strictObject({
      operation: z.literal(operation),
      ...createTaskCommon,
      options: options.safeParse({}).success ? options.optional() : options,
    })
    .meta({ title: operation, description: label });
}

/** A create as a client writes it. */
export type CreateTaskInput = {
  [O in Operation]: { operation: O; storyId: string; attempts?: number; autoStart?: boolean } & OptionsField<O>;
}[Operation];

/** `options` may be left out where every option may. */
type OptionsField<O extends Operation> =
  Record<string, never> extends OptionsOf<O> ? { options?: OptionsOf<O> } : { options: OptionsOf<O> };

export interface CreateTaskRequest {
  readonly operation: Operation;
  readonly storyId: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly attempts?: number | undefined;
  readonly autoStart: boolean;
}

export interface FieldError {
  /** Dotted path in the body, `options.task`; empty for the body itself. */
  readonly path: string;
  readonly message: string;
}

/** Zod's issues as the API tells them: an unknown key is named at its own path. */
export function fieldErrors(error: z.ZodError, prefix = ''): FieldError[] {
  return error.issues.flatMap((issue) => {
    const at = [prefix, ...issue.path.map(String)].filter(Boolean).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [at, key].filter(Boolean).join('.'), message: 'Unknown key' }));
    }
    return [{ path: at, message: issue.message }];
  });
}

export type CreateTaskParse =
  | { readonly ok: true; readonly value: CreateTaskRequest }
  | { readonly ok: false; readonly errors: FieldError[] };

/** Validates a create request, options included, and reports every fault at once. */
export function parseCreateTask(body: unknown): CreateTaskParse {
  const envelope = createTaskEnvelopeSchema.safeParse(body);
  const operation = operationSchema.safeParse((body as { operation?: unknown } | null)?.operation);
  const rawOptions = (body as { options?: unknown } | null)?.options ?? {};
  const options = operation.success ? operations[operation.data].options.safeParse(rawOptions) : undefined;
  const errors = [
    ...(envelope.success ? [] : fieldErrors(envelope.error)),
    ...(options === undefined || options.success ? [] : fieldErrors(options.error, 'options')),
  ];
  if (!envelope.success || !options?.success) return { ok: false, errors };
  return { ok: true, value: { ...envelope.data, options: options.data } };
}

export const createTaskAnswerSchema = z.object({ taskId: z.guid() }).meta({ id: 'CreatedStoryTask' });

/** The header: 1 to 255 visible ASCII characters, which is what any client and proxy can carry unchanged. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .optional()
  .describe('1 to 255 visible ASCII characters. The same key and body again make no second task.');

export const listTasksQuerySchema = z.strictObject({
  storyId: storyId.optional(),
  status: taskStatusSchema.optional(),
  operation: operationSchema.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional().describe('The `nextCursor` of the page before; its inside means nothing.'),
});

export const listTasksAnswerSchema = z
  .object({ tasks: z.array(taskSchema), nextCursor: z.string().nullable().describe('Null on the last page.') })
  .meta({ id: 'StoryTaskPage' });
export type ListTasksAnswer = z.infer<typeof listTasksAnswerSchema>;

/** Fifteen digits stay exact in a JavaScript number. */
const seqSchema = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the number of an event')
  .transform(Number);

export const listEventsQuerySchema = z.strictObject({
  after: seqSchema.optional().describe('Only events with a higher number; all when absent.'),
});

/** What an EventSource sends when it comes back; it wins over `after`, which stays in its URL. */
export const lastEventIdSchema = z
  .union([z.literal('').transform(() => undefined), seqSchema], 'must be the number of an event')
  .optional()
  .describe('Of a stream: the number of the last event that the client has. Wins over `after`.');

/** How often a silent stream says that it lives, in milliseconds: proxies cut what is silent for a minute. */
export const streamHeartbeatMs = 15_000;

/** Events in one answer of GET …/events; who gets so many asks again after the last of them. */
export const maxEventsPerPage = 500;

export const listEventsAnswerSchema = z.object({ events: z.array(taskEventSchema) }).meta({ id: 'StoryTaskEvents' });
export type ListEventsAnswer = z.infer<typeof listEventsAnswerSchema>;

export const getTaskQuerySchema = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(50) });

export const getTaskAnswerSchema = z
  .object({ task: taskSchema, events: z.array(taskEventSchema), cancelable: z.boolean() })
  .meta({ id: 'StoryTaskWithEvents' });
export type GetTaskAnswer = z.infer<typeof getTaskAnswerSchema>;

/** Text that Postgres can store: no NUL, and no half of a surrogate pair. */
const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'must be valid Unicode text without NUL');

export const cancelTaskRequestSchema = z.strictObject({ reason: text(500).optional().describe('Kept with the task.') });

export const taskAnswerSchema = z.object({ task: taskSchema }).meta({ id: 'StoryTaskAnswer' });

/** A prompt of about sixteen pages; the body limit of the API leaves room for it in any encoding. */
export const maxPromptCharacters = 50_000;

export const createStoryRequestSchema = z.strictObject({
  displayName: text(200),
  initialPrompt: text(maxPromptCharacters),
});

export const createStoryAnswerSchema = z.object({ storyId: z.guid() }).meta({ id: 'CreatedStory' });

export const storySchema = z
  .object({
    id: z.guid(),
    displayName: z.string(),
    initialPrompt: z.string(),
    has: z
      .object({
        constitution: z.boolean(),
        interactiveScript: z.boolean(),
        visualDesign: z.boolean(),
        audioDesign: z.boolean(),
        shotList: z.boolean(),
        bundle: z.boolean(),
      })
      .describe('Which pieces of the story are complete.'),
    scenelets: z.int().min(0).describe('Scenelets written so far.'),
    createdAt: z.iso.datetime({ offset: true }),
    updatedAt: z.iso.datetime({ offset: true }),
  })
  .meta({ id: 'Story' });
export type Story = z.infer<typeof storySchema>;

/** RFC 9457, with a stable `code` to match on. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable: what a client branches on.'),
    detail: z.string().optional().describe('For people.'),
    requestId: z.string().optional().describe('Of this request, as in X-Request-Id and in the log.'),
    taskId: z.guid().optional().describe('The task that was made all the same, and is failed.'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('Each fault of the request, by its dotted path.'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
