/**
 * The calls of a Supabase project over a Postgres: Supabase Lite, in the image of the embedded one, which migrates nothing here. It
 * learns a schema when it starts, so it is started anew when a migration asks to reload it, as PostgREST then does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

const ofImage = createRequire('/app/package.json');
const postgres = ofImage('postgres');
const { layOutProject, liteCli, liteEnvironment } = ofImage('./supabase/src/lite/liteProject.ts');

const { DATABASE_URL: postgresUrl, SECRET_KEY: secretKey, PROJECT_DIR: dir } = process.env;
const publishableKey = 'sb_publishable_of_nobody';
const jwtSecret = crypto.randomUUID() + crypto.randomUUID();

await layOutProject({
  dir,
  port: 54321,
  postgresUrl,
  storage: true,
  keys: { publishableKey, secretKey, jwtSecret },
});

function serve() {
  const lite = spawn(process.execPath, [liteCli, 'start', '--no-admin', '--host', '0.0.0.0'], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, ...liteEnvironment },
    // Its greeting has the secret key.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  lite.on('exit', () => lite === serving && process.exit(1));
  return lite;
}

let serving = serve();
async function reload() {
  const before = serving;
  serving = undefined;
  before.kill('SIGTERM');
  await once(before, 'exit');
  serving = serve();
}

// Each of a row of migrations asks for it: one reload after the last of them is enough.
let asked;
let reloading = Promise.resolve();
await postgres(postgresUrl, { max: 1 }).listen('pgrst', () => {
  clearTimeout(asked);
  asked = setTimeout(() => {
    reloading = reloading.then(reload);
  }, 200);
});
process.on('SIGTERM', () => process.exit(0));
