/**
 * The JSON schema a provider gets. Bounds move from keywords into descriptions: Gemini compiles array bounds into a
 * budget and answers a bare 400 when several add up (github.com/vercel/ai/issues/21192), and strict modes of others
 * refuse patterns and lengths. The model still reads the bounds, and the zod schema alone decides.
 */
import { asSchema, type JSONSchema7 } from 'ai';
import type { z } from 'zod';

const bounds: Record<string, (value: unknown) => string> = {
  minItems: (value) => `at least ${value} items`,
  maxItems: (value) => `at most ${value} items`,
  minLength: (value) => `at least ${value} characters`,
  maxLength: (value) => `at most ${value} characters`,
  minimum: (value) => `at least ${value}`,
  maximum: (value) => `at most ${value}`,
  pattern: (value) => `matches ${value}`,
};

/** @returns the schema of the input, every object closed, with bounds told in words */
export async function toWireSchema(schema: z.ZodType): Promise<JSONSchema7> {
  return boundsInWords(await asSchema(schema).jsonSchema) as JSONSchema7;
}

function boundsInWords(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(boundsInWords);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node);
  const isBound = ([key, value]: [string, unknown]) => key in bounds && typeof value !== 'object';
  const words = entries.filter(isBound).map(([key, value]) => bounds[key]?.(value));
  const kept = entries.filter((entry) => !isBound(entry)).map(([key, value]) => [key, boundsInWords(value)]);
  const rest: Record<string, unknown> = Object.fromEntries(kept);
  if (words.length === 0) return rest;
  return { ...rest, description: [rest['description'], ...words].filter(Boolean).join('; ') };
}
