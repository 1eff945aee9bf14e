/** For tests: a small request, and documents that do and do not fit it. */
import { type Constitution, constitutionSchema } from '../documents/documents.ts';
import type { LlmRequest } from './gateway.ts';

export const constitution: Constitution = {
  title: 'The Lamp Keepers',
  premise: 'Two keepers share one lamp.',
  theme: 'Trust',
  tone: 'Quiet',
  worldRules: ['The lamp burns memory.', 'No one keeps it alone.'],
  cast: [{ key: 'ada', name: 'Ada', role: 'keeper', want: 'to leave', voice: 'dry' }],
  arc: ['Dusk', 'Night', 'Dawn'].map((name) => ({ name, summary: `What happens at ${name}.` })),
  endings: ['lit', 'dark'].map((key) => ({ key, title: key, summary: `It ends ${key}.` })),
};
export const document = JSON.stringify(constitution);

/** A refinement that no JSON schema can say. */
export const twoEndings = constitutionSchema.refine((story) => story.endings.length === 2, {
  error: 'there must be exactly two endings',
  path: ['endings'],
});

export function constitutionRequest(overrides: Partial<LlmRequest<'constitution'>> = {}): LlmRequest<'constitution'> {
  return {
    step: 'constitution',
    input: { displayName: 'Lamp', initialPrompt: 'a lamp', revision: 0 },
    prompt: { system: 'You plan stories.', user: 'Plan the one about a lamp.' },
    schema: constitutionSchema,
    signal: new AbortController().signal,
    ...overrides,
  };
}
