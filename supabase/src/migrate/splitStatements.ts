/**
 * A migration's text as the `supabase` CLI keeps it on record: statement by statement, with the comments before each, without
 * the semicolon behind. Only for the record: a migration is run as the one text that it is.
 */

/** What may hold a semicolon that ends nothing, by how it begins. Of two that begin alike the longer is tried first. */
const spans: readonly RegExp[] = [
  /--[^\n]*/y,
  // One level of a comment in a comment, as Postgres allows any.
  /\/\*(?:[^*/]|\*(?!\/)|\/(?!\*)|\/\*[\s\S]*?\*\/)*\*\//y,
  /'(?:[^']|'')*'/y,
  /"(?:[^"]|"")*"/y,
  /(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1/y,
];

export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; ) {
    if (text[at] === ';') statements.push(text.slice(start, at));
    start = text[at] === ';' ? at + 1 : start;
    at = endOfSpan(text, at) ?? at + 1;
  }
  return [...statements, text.slice(start)]
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

function endOfSpan(text: string, at: number): number | undefined {
  for (const span of spans) {
    span.lastIndex = at;
    if (span.test(text)) return span.lastIndex;
  }
  return undefined;
}
