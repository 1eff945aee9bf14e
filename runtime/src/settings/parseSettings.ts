/** From the text of a settings document to what it says, or to what is wrong with it, in words for whoever wrote it. */
import { createHash } from 'node:crypto';
import { fieldErrors, type SettingsDocument, settingsDocumentSchema } from '@story-tasks/contracts';
import { LineCounter, parseDocument, type YAMLError } from 'yaml';

export type SettingsParse =
  | { readonly ok: true; readonly document: SettingsDocument }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Far more than all settings with all their comments; what is larger is something else. */
const longest = 32 * 1024;
/** Enough to mend a document by; more would only hide the first. */
const mostProblems = 10;
const longestProblem = 200;

/** @returns what a document is told apart by: 12 characters of the SHA-256 of its text */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Aliases that multiply without end, or that name nothing, and a nesting deeper than the stack. */
const unreadable = 'The document cannot be read: its aliases or its nesting fit no settings.';

/** Never throws. A value is never repeated in a problem: whatever was put into the document by mistake may be a secret. */
export function parseSettings(text: string): SettingsParse {
  if (text.length > longest) return refused([`The document is longer than ${longest / 1024} KiB.`]);
  try {
    return parseYaml(text);
  } catch {
    return refused([unreadable]);
  }
}

function parseYaml(text: string): SettingsParse {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { prettyErrors: false, lineCounter: lines, logLevel: 'error' });
  if (yaml.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return refused([unreadable]);
  if (yaml.errors.length > 0) return refused(yaml.errors.map((error) => told(error, lines)));
  const parsed = settingsDocumentSchema.safeParse(withoutEmptyParts(yaml.toJS()), { reportInput: false });
  if (parsed.success) return { ok: true, document: parsed.data };
  return refused(fieldErrors(parsed.error).map(({ path, message }) => `${path || 'The document'}: ${message}`));
}

/** Where everything is commented out, YAML has a null: it says nothing, which is no mistake. */
function withoutEmptyParts(document: unknown): unknown {
  if (document === null) return {};
  if (typeof document !== 'object' || Array.isArray(document)) return document;
  return Object.fromEntries(Object.entries(document).filter(([, part]) => part !== null));
}

function told({ message, pos: [from] }: YAMLError, lines: LineCounter): string {
  const { line, col } = lines.linePos(from);
  return `Line ${line}, column ${col}: ${message}`;
}

function refused(problems: readonly string[]): SettingsParse {
  const shown = problems.slice(0, mostProblems).map((problem) => problem.slice(0, longestProblem));
  const more = problems.length - shown.length;
  return { ok: false, problems: more > 0 ? [...shown, `and ${more} more`] : shown };
}
