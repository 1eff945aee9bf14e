/** A prompt file: a system part and a user part, with {{placeholders}} in the user part or in both. */
import { createHash } from 'node:crypto';
import type { Prompt } from '../llm/gateway.ts';
import { PromptTemplateError } from './errors.ts';

const parts = /^<!-- system -->\n([\s\S]+?)\n<!-- user -->\n([\s\S]+)$/;
const placeholder = /\{\{([a-zA-Z]+)\}\}/g;

export interface PromptTemplate<Name extends string> {
  /** Inserts the values as they are: a placeholder inside a value stays text. */
  render(values: Readonly<Record<Name, string>>): Prompt;
}

/**
 * @param text the file's content
 * @param names the placeholders that its step has values for
 * @throws PromptTemplateError when a part is missing, or the placeholders are not exactly `names`
 */
export function parsePromptTemplate<Name extends string>(text: string, names: readonly Name[]): PromptTemplate<Name> {
  const [, system, user] = parts.exec(text) ?? [];
  if (!system || !user) throw new PromptTemplateError('A prompt file needs a system part and a user part.');
  refuseMismatch(new Set([...text.matchAll(placeholder)].map(([, name = '']) => name)), new Set<string>(names));
  const known = names as readonly string[];
  return {
    render(values) {
      const byName: Readonly<Record<string, string>> = values;
      const fill = (part: string) =>
        part
          .replace(placeholder, (whole, name: string) => (known.includes(name) ? (byName[name] ?? whole) : whole))
          .trim();
      return { system: fill(system), user: fill(user) };
    },
  };
}

function refuseMismatch(used: ReadonlySet<string>, declared: ReadonlySet<string>): void {
  const unknown = [...used.difference(declared)];
  const missing = [...declared.difference(used)];
  if (unknown.length + missing.length === 0) return;
  throw new PromptTemplateError(
    `A prompt file and its step disagree: unknown placeholders [${unknown}], missing placeholders [${missing}].`,
  );
}

/**
 * Sets text off as data. The fence carries a hash of the text, so that no text can close its own fence early: that is
 * what keeps instructions in a premise from being read as ours.
 */
export function fenced(name: string, text: string): string {
  const mark = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `<<<${name} ${mark}\n${text}\n${mark} ${name}>>>`;
}
