import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as documents from '../documents/documents.ts';
import { toWireSchema } from './wireSchema.ts';

test('bounds become words behind a description that is there already', async () => {
  const schema = z.object({ tags: z.array(z.string().max(9)).min(1).max(3).describe('labels') });
  expect(await toWireSchema(schema)).toMatchObject({
    properties: {
      tags: {
        type: 'array',
        description: 'labels; at least 1 items; at most 3 items',
        items: { type: 'string', description: 'at most 9 characters' },
      },
    },
    required: ['tags'],
    additionalProperties: false,
  });
});

test('a property that is named like a bound stays a property', async () => {
  const wire = await toWireSchema(z.object({ pattern: z.string(), maximum: z.enum(['a', 'b']) }));
  expect(wire.properties).toEqual({
    pattern: { type: 'string' },
    maximum: { type: 'string', enum: ['a', 'b'] },
  });
});

describe('no document sends a bound that Gemini would count', () => {
  const schemas = Object.entries(documents).filter(([, value]) => value instanceof z.ZodType);
  test.each(schemas)('%s', async (_name, schema) => {
    const wire = JSON.stringify(await toWireSchema(schema as z.ZodType));
    expect(wire).not.toMatch(/"(min|max)(Items|Length|imum)":|"pattern":/);
  });
});
