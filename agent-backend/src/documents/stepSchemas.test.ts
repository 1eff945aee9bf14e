import { describe, expect, test } from 'vitest';
import { contrast } from './contrast.ts';
import { sceneletSchemaFor, shotListReplySchema, visualDesignReplySchema } from './stepSchemas.ts';

const cast = [{ key: 'ines-corval', name: 'Ines Corval', role: 'keeper', want: 'quiet', voice: 'plain' }];
const faultsOf = (speakers: readonly string[], narration = ['One.']) =>
  sceneletSchemaFor({ cast })
    .safeParse({ narration, dialogue: speakers.map((speaker) => ({ speaker, line: 'Yes.' })) })
    .error?.issues.map(({ message }) => message) ?? [];

describe('a scenelet', () => {
  test('may let the cast, you, the narrator and two others speak', () => {
    expect(faultsOf(['Ines Corval', 'ines', 'You', 'NARRATOR', 'A gull', 'The radio', 'A gull'])).toEqual([]);
  });

  test('may not let a cast key speak, nor a third stranger', () => {
    expect(faultsOf(['ines-corval'])).toEqual(['Name the speaker "ines-corval" as the cast does.']);
    expect(faultsOf(['A gull', 'The radio', 'Nobody'])).toEqual([
      'At most two speakers may come from outside the cast.',
    ]);
  });

  test('may not say a paragraph twice', () => {
    expect(faultsOf([], ['Same.', 'Same.'])).toEqual(['No paragraph may stand twice.']);
  });
});

describe('a shot list', () => {
  const shot = { framing: 'wide', subject: 'sea', movement: 'still', sound: 'wind', seconds: 60 };
  test('fills at most four minutes', () => {
    expect(shotListReplySchema.safeParse({ shots: [shot, shot, shot, shot] }).success).toBe(true);
    expect(shotListReplySchema.safeParse({ shots: [shot, shot, shot, shot, { ...shot, seconds: 1 }] }).success).toBe(
      false,
    );
  });
});

describe('a palette', () => {
  test('is measured as WCAG measures it', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    expect(contrast('#abcdef', '#abcdef')).toBe(1);
  });

  test('that cannot be read is refused, with what to change', () => {
    const design = {
      style: 's',
      palette: { background: '#ffffff', surface: '#eeeeee', text: '#777777', accent: '#ffff00', muted: '#666666' },
      typography: { heading: 'serif', body: 'serif' },
      motifs: ['m'],
      settings: [{ name: 'n', look: 'l' }],
    };
    const messages = visualDesignReplySchema.safeParse(design).error?.issues.map(({ message }) => message);
    expect(messages).toHaveLength(3);
    expect(messages?.[0]).toBe("The palette's text needs a contrast of at least 4.5 on its background.");
  });
});
