import { readEnvironment } from '@story-tasks/runtime';
import { expect, test } from 'vitest';
import { apiSettings } from '../api.ts';

const common = {
  REDIS_URL: 'redis://localhost',
  SUPABASE_URL: 'http://localhost',
  SUPABASE_SECRET_KEY: 'key',
  BUNDLE_STORE: 'dir:/tmp',
};
const read = (env: Record<string, string>) => () => readEnvironment(apiSettings, { ...common, ...env });
const serviceAccounts = (list: string) => ({ AUTH_MODE: 'serviceAccount', AUTH_ALLOWED_SERVICE_ACCOUNTS: list });

test.each<[string, Record<string, string>, string]>([
  ['nobody on the list', serviceAccounts(''), 'AUTH_ALLOWED_SERVICE_ACCOUNTS: nobody could call: name'],
  ['only commas on the list', serviceAccounts(' , '), 'nobody could call'],
  ['a name without its namespace', serviceAccounts('web'), 'each must be namespace/name'],
  ['every namespace at once', serviceAccounts('*/*'), 'each must be namespace/name'],
  ['a list without commas', serviceAccounts('a/b c/d'), 'each must be namespace/name'],
  ['a secret that can be guessed', { AUTH_MODE: 'supabase', AUTH_JWT_SECRET: 'hunter2' }, 'of 32 characters or more'],
  ['a mode that there is not', { AUTH_MODE: 'basic' }, 'AUTH_MODE'],
])('%s keeps the process from starting, in words that say what to set', (_, env, words) => {
  expect(read(env)).toThrow(words);
  expect(read(env)).not.toThrow('hunter2');
});

test.each<[string, Record<string, string>]>([
  ['no mode', {}],
  ['names and a whole namespace', serviceAccounts('web/front-end, jobs/*')],
  ['a secret of a project', { AUTH_MODE: 'supabase', AUTH_JWT_SECRET: 'x'.repeat(40) }],
  ['the keys of the project', { AUTH_MODE: 'supabase' }],
])('%s will do', (_, env) => {
  expect(read(env)).not.toThrow();
});
