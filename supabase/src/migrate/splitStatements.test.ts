import { expect, test } from 'vitest';
import { splitStatements } from './splitStatements.ts';

test.each<[string, string, string[]]>([
  ['statements', 'select 1; select 2;', ['select 1', 'select 2']],
  ['a last one without its semicolon', 'select 1;\nselect 2\n', ['select 1', 'select 2']],
  ['empty ones', ';;select 1;; \n;', ['select 1']],
  ['a comment before', '-- why; so\nselect 1;', ['-- why; so\nselect 1']],
  ['a comment at the end', 'select 1;\n-- the end;', ['select 1', '-- the end;']],
  ['a block comment, and one in it', '/* a; /* b; */ c; */ select 1;', ['/* a; /* b; */ c; */ select 1']],
  ['a string with a quote in it', "select 'it''s; so'; select 2", ["select 'it''s; so'", 'select 2']],
  ['a name in quotes', 'select 1 as "a;""b"; select 2', ['select 1 as "a;""b"', 'select 2']],
  ['a body in dollars', 'do $$ begin; end; $$; select 2', ['do $$ begin; end; $$', 'select 2']],
  ['a tagged body with dollars in it', 'do $a$ select $$;$$; $a$; x', ['do $a$ select $$;$$; $a$', 'x']],
  ['a parameter, which opens nothing', 'select $1; select $2', ['select $1', 'select $2']],
  ['a minus and a slash', 'select 3-1/2; x', ['select 3-1/2', 'x']],
  ['nothing', ' \n', []],
])('%s', (_, text, statements) => {
  expect(splitStatements(text)).toEqual(statements);
});
