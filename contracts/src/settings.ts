/** The live settings of operations: what the settings document may say, and what follows from it. */
import { z } from 'zod';
import { type Operation, operationNames, operations } from './operations.ts';

const count = (most: number) => z.int().min(1).max(most);

/** Starts of an operation in a period, over all processes. */
export const rateLimitSchema = z.strictObject({
  max: count(100_000).describe('Starts in one period.'),
  perSeconds: count(86_400).describe('Length of the period.'),
});

/** One operation's part of the document. What is left out falls to the process's own setting, then to the registry. */
export const operationDocumentSchema = z.strictObject({
  concurrency: count(100).optional().describe('Runs at once in one worker.'),
  globalConcurrency: count(10_000).optional().describe('Runs at once over all workers. Left out: no limit.'),
  attempts: count(100)
    .optional()
    .describe('How often a task may fail retryably before it ends; 1: it is not tried again.'),
  timeoutSeconds: count(86_400).optional().describe('A run that takes longer fails with TIMEOUT.'),
  rateLimit: rateLimitSchema.optional().describe('Starts per period over all workers. Left out: no limit.'),
  paused: z.boolean().optional().describe('Nothing of this operation is claimed until it is false again.'),
});

/** The document: operations by name. An unknown name or field is a mistake, and never passed over. */
export const settingsDocumentSchema = z.strictObject(
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
