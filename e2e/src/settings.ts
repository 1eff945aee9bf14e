/** What the suite works with, from the environment. */
import { z } from 'zod';

export const e2eEnvironment = z.object({
  E2E_IMAGE: z.string().default('story-tasks').describe('Repository of the image under test.'),
  E2E_TAG: z.string().default('e2e').describe('Its tag; the embedded Supabase has the same with -embedded behind it.'),
  E2E_NAMESPACE: z.string().default('story-tasks-e2e').describe('Made for the suite, and deleted after it.'),
  KEEP: z.string().optional().describe('1: the release, its namespace and the cluster stay.'),
});
export type E2eSettings = z.output<typeof e2eEnvironment>;

export const e2eSettings = (): E2eSettings => e2eEnvironment.parse(process.env);

/** Where what is left of a failure goes. */
export const dumpFolder = 'test-results/e2e';
