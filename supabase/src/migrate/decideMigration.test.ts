import { expect, test } from 'vitest';
import { type Decision, decideMigration } from './decideMigration.ts';

const migration = (version: string) => ({ version, name: 'x', text: '' });
const ours = ['20260101000000', '20260102000000', '20260103000000'].map(migration);
const [first, second, third] = ours.map(({ version }) => version) as [string, string, string];
const foreign = ['20250101000000', '20260102120000', '20270101000000'];

test.each<[string, string[], string | null, Decision]>([
  ['nothing on record', [], null, { kind: 'apply', migration: migration(first) }],
  ['the first', [first], null, { kind: 'apply', migration: migration(second) }],
  ['all but the last', [second, first], null, { kind: 'apply', migration: migration(third) }],
  ['all', [first, second, third], third, { kind: 'current' }],
  ['all, of a schema that tells nothing', [first, second, third], null, { kind: 'current' }],
  [
    'all, and a later release',
    [first, second, third, '20260104000000'],
    '20260104000000',
    { kind: 'newer', version: '20260104000000' },
  ],
  ['another project’s, too', [...foreign, first], null, { kind: 'apply', migration: migration(second) }],
  ['another project’s newer ones', [first, second, third, ...foreign], third, { kind: 'current' }],
  ['a later one without an earlier', [first, third], null, { kind: 'gap', migration: migration(second), after: third }],
])('%s', (_, recorded, schema, decision) => {
  expect(decideMigration(ours, recorded, schema)).toEqual(decision);
});
