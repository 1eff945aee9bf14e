/**
 * Applies the migrations to a database of Postgres, and ends: as a Job before a release, or by hand. Exit codes: 0 the database
 * has all of them (a newer one too), 1 it has not, 2 the settings do not fit; above 128 it was told to end, and may be tried again.
 */
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemWorld } from '@story-tasks/contracts';
import { connectDatabase } from './connection.ts';
import { MigrationFailedError, migrate } from './migrate.ts';
import { readMigrations } from './migrationFiles.ts';
import { type MigrateSettings, migrateEnvironment } from './settings.ts';

const folder = fileURLToPath(new URL('../../migrations', import.meta.url));

async function run(settings: MigrateSettings): Promise<number> {
  const sql = await connectDatabase(settings.DATABASE_URL);
  try {
    await migrate(sql, {
      migrations: await readMigrations(folder),
      waitMs: settings.MIGRATE_WAIT_SECONDS * 1_000,
      lockMs: settings.MIGRATE_LOCK_SECONDS * 1_000,
      clock: systemWorld.clock,
      tell: (line) => console.log(line),
    });
    return 0;
  } catch (error) {
    if (!(error instanceof MigrationFailedError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
const parsed = migrateEnvironment.safeParse(given, { reportInput: false });
if (!parsed.success) {
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  console.error(`These settings do not fit; change them and start again:\n  ${faults.join('\n  ')}`);
  process.exit(2);
}
// What has been done of a migration is undone with its connection, whenever this ends.
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
process.exit(await run(parsed.data));
