/** The live settings of operations: what the settings document may say, and what follows from it. */
import { z } from 'zod';
import { type Operation, operationNames, operations } from './operations.ts';

/** What fits is told in the same words whatever is wrong: a refused document is mended by somebody who reads only that. */
const count = (most: number) => {
  const error = `must be a whole number from 1 to ${most}`;
  return z.int(error).min(1, error).max(most, error);
};
/** A mapping with these fields alone. An unknown one is a mistake, and never passed over. */
const mapping = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'invalid_type' ? `must be a mapping of ${Object.keys(shape).join(', ')}` : undefined,
  });

/** Starts of an operation in a period, over all processes. */
export const rateLimitSchema = mapping({
  max: count(100_000).describe('Starts in one period.'),
  perSeconds: count(86_400).describe('Length of the period.'),
});

/** One operation's part of the document. What is left out falls to the process's own setting, then to the registry. */
export const operationDocumentSchema = mapping({
  concurrency: count(100).optional().describe('Runs at once in one worker.'),
  globalConcurrency: count(10_000).optional().describe('Runs at once over all workers. Left out: no limit.'),
  attempts: count(100)
    .optional()
    .describe('How often a task may fail retryably before it ends; 1: it is not tried again.'),
  timeoutSeconds: count(86_400).optional().describe('A run that takes longer fails with TIMEOUT.'),
  rateLimit: rateLimitSchema.optional().describe('Starts per period over all workers. Left out: no limit.'),
  paused: z
    .boolean('must be true or false')
    .optional()
    .describe('Nothing of this operation is claimed until it is false again.'),
});

/** The document: operations by name. */
export const settingsDocumentSchema = mapping(
  Object.fromEntries(operationNames.map((name) => [name, operationDocumentSchema.optional()])) as Record<
    Operation,
    z.ZodOptional<typeof operationDocumentSchema>
  >,
);
export type SettingsDocument = z.output<typeof settingsDocumentSchema>;

export interface OperationSettings {
  /** Runs at once in one worker. */
  readonly concurrency: number;
  /** Runs at once over all workers; null: no limit. */
  readonly globalConcurrency: number | null;
  readonly attempts: number;
  readonly timeoutSeconds: number;
  readonly rateLimit: { readonly max: number; readonly perSeconds: number } | null;
  readonly paused: boolean;
}
export type Settings = Readonly<Record<Operation, OperationSettings>>;

/**
 * Each field of each operation: the document, then the process's own setting, then the registry.
 * @param workerConcurrency WORKER_CONCURRENCY, where it is set
 */
export function settingsOf(document: SettingsDocument, workerConcurrency?: number): Settings {
  const settings = operationNames.map((operation) => {
    const { defaults } = operations[operation];
    const told = document[operation] ?? {};
    const own: OperationSettings = {
      concurrency: told.concurrency ?? workerConcurrency ?? defaults.concurrency,
      globalConcurrency: told.globalConcurrency ?? null,
      attempts: told.attempts ?? defaults.attempts,
      timeoutSeconds: told.timeoutSeconds ?? defaults.timeoutSeconds,
      rateLimit: told.rateLimit ?? null,
      paused: told.paused ?? false,
    };
    return [operation, own] as const;
  });
  return Object.fromEntries(settings) as Record<Operation, OperationSettings>;
}
