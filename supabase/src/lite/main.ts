/** The embedded Supabase in a pod: `migrate` brings the schema up to date and ends, `serve` serves until it is told to stop. */

import { migrateEmbedded, serveEmbedded } from './embedded.ts';
import { embeddedEnvironment } from './settings.ts';

const parsed = embeddedEnvironment.safeParse(process.env, { reportInput: false });
if (!parsed.success) {
  const names = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  console.error(`These settings do not fit; change them and start again:\n  ${names.join('\n  ')}`);
  process.exit(2);
}
const [command] = process.argv.slice(2);
if (command === 'migrate') process.exit(await migrateEmbedded(parsed.data));
else if (command === 'serve') process.exit(await serveEmbedded(parsed.data));
console.error('usage: main.ts migrate|serve');
process.exit(2);
