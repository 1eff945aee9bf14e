/**
 * What the operator asks of workers before it takes some of them away, on Redis' pub/sub. A cordoned worker claims nothing;
 * the cordon ends by itself, so that an operator that died leaves no worker idle.
 */
import { z } from 'zod';

/** Operator to workers. */
export const workerControlChannel = 'story-task-worker-control';
/** Workers to the operator. */
export const workerReportChannel = 'story-task-worker-reports';

const workerIds = z.array(z.string().min(1).max(253)).min(1).max(1_000);

export const workerControlSchema = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('cordon'),
    /** Made by the asker; reports repeat it, so that an old answer is not taken for a new one. */
    token: z.guid(),
    workerIds,
    /** From when a worker hears of it; asked again, it begins anew. */
    forMs: z.int().min(1).max(300_000),
  }),
  z.object({ command: z.literal('uncordon'), workerIds }),
]);
export type WorkerControl = z.infer<typeof workerControlSchema>;

/** A cordoned worker tells at once whether anything is in flight, a claim included, and again when that changes. */
export const workerReportSchema = z.object({
  token: z.guid(),
  workerId: z.string().min(1).max(253),
  idle: z.boolean(),
});
export type WorkerReport = z.infer<typeof workerReportSchema>;
