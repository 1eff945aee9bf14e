/** The embedded Supabase of a chart without one of its own: what it is told by its environment. */
import { z } from 'zod';

export const embeddedEnvironment = z.object({
  LITE_DIR: z.string().describe('Where the database and its configuration are kept.'),
  LITE_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(54_321)
    .describe('Port of the REST, auth and storage calls.'),
  LITE_SECRET_KEY: z.string().min(1).describe('The key that the processes have: the service role.'),
  LITE_PUBLISHABLE_KEY: z.string().min(1).describe('The key that browsers may have.'),
  LITE_JWT_SECRET: z.string().min(32).describe('Signs the tokens of users; HS256.'),
});
