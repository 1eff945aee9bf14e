/** What the migrations' Job is told by its environment. */
import { z } from 'zod';

export const migrateEnvironment = z.object({
  DATABASE_URL: z
    .string('the URL of the database is needed')
    .refine(isPostgresUrl, 'must be as postgres://user:password@host:5432/database, its special characters %-encoded')
    .describe(
      'The database, as its owner: postgres://… with sslmode=require or verify-full, and sslrootcert=<path> for a CA of your own.',
    ),
  MIGRATE_WAIT_SECONDS: z.coerce
    .number('must be a number')
    .positive()
    .max(86_400)
    .default(300)
    .describe('How long a database that is not up yet, and locks that others hold, are waited for.'),
  MIGRATE_LOCK_SECONDS: z.coerce
    .number('must be a number')
    .positive()
    .max(600)
    .default(4)
    .describe(
      'How long a migration stands in line for a lock before it lets the traffic behind it pass and tries again.',
    ),
});
export type MigrateSettings = z.output<typeof migrateEnvironment>;

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
}
