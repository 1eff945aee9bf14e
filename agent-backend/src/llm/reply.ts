/** Is a reply the document that was asked for, and if not, what to tell the model. */
import type { ModelMessage } from 'ai';
import type { z } from 'zod';
import type { Prompt } from './gateway.ts';
import type { ModelReply } from './modelCall.ts';

/** More would not help a model, and a wrong array can have hundreds. */
const MAX_PROBLEMS = 20;

type Checked<T> =
  | { readonly value: T }
  | {
      /** For the model; may quote its reply. */
      readonly problems: string[];
      /** For people; quotes nothing. */
      readonly summary: string;
    };

/** The zod schema decides, refinements included: a JSON schema cannot say everything. */
export function checkReply<T>(reply: Pick<ModelReply, 'text' | 'cutOff'>, schema: z.ZodType<T>): Checked<T> {
  const parsed = parseJson(reply.text);
  if (parsed === undefined) return reply.cutOff ? tooLong : notJson;
  const checked = schema.safeParse(parsed.json);
  return checked.success ? { value: checked.data } : misfit(checked.error.issues);
}

const tooLong = {
  problems: ['The reply was cut off before the JSON ended. Write more briefly.'],
  summary: 'it was cut off',
};
const notJson = { problems: ['The reply is not one whole JSON document.'], summary: 'it is not JSON' };

/** Some models wrap JSON in a Markdown fence whatever the response format says. */
function parseJson(text: string): { json: unknown } | undefined {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1];
  try {
    return { json: JSON.parse(fenced ?? text) };
  } catch {
    return undefined;
  }
}

function misfit(issues: z.core.$ZodIssue[]) {
  const shown = issues.slice(0, MAX_PROBLEMS);
  const codes = [...new Set(issues.map((issue) => issue.code))].join(', ');
  return {
    problems: shown.map((issue) => `${issue.path.join('.') || '(the whole document)'}: ${issue.message}`),
    summary: `${issues.length} of its parts do not fit (${codes})`,
  };
}

export function openingMessages(prompt: Prompt): ModelMessage[] {
  return [{ role: 'user', content: prompt.user }];
}

/** The conversation that asks for the same document again. APIs refuse an empty turn, so an empty reply is left out. */
export function repairMessages(prompt: Prompt, text: string, problems: string[]): ModelMessage[] {
  const complaint = [
    'That reply cannot be used:',
    ...problems.map((problem) => `- ${problem}`),
    'Reply with the whole corrected JSON document and nothing else.',
  ].join('\n');
  const replied: ModelMessage[] = text.trim() === '' ? [] : [{ role: 'assistant', content: text }];
  return [...openingMessages(prompt), ...replied, { role: 'user', content: complaint }];
}
