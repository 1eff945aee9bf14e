import { CodedError } from '@story-tasks/contracts';
import { describe, expect, test } from 'vitest';
import type { StoryWork } from '../documents/documents.ts';
import { playerStory } from './playerStory.ts';
import { lanternStory } from './testing/lanternStory.ts';

function refusal(work: StoryWork): CodedError {
  try {
    playerStory(work);
  } catch (error) {
    if (error instanceof CodedError) return error;
  }
  throw new Error('The story was not refused.');
}

const scene = (work: StoryWork, key: string) => playerStory(work).scenes.find((each) => each.key === key);

describe('the player’s story', () => {
  test('the plan and the prose are joined by key, opening first', () => {
    const story = playerStory(lanternStory());
    expect(story.scenes.map((each) => each.key).slice(0, 2)).toEqual(['arrival', 'lamp-room']);
    expect(story.scenes[0]).toMatchObject({ title: 'The Last Boat Out', ending: null, remaining: 3 });
    expect(story.scenes[0]?.narration[0]).toMatch(/^The supply boat/);
    expect(story.endings.map((each) => each.title)).toEqual(['She Came In', 'Two at the Oars', 'The Waiting Boats']);
  });

  test.each([
    ['constitution', 'CREATE_CONSTITUTION'],
    ['outline', 'CREATE_INTERACTIVE_SCRIPT'],
  ] as const)('a story without its %s is refused, and told to run %s', (part, task) => {
    const error = refusal({ ...lanternStory(), [part]: null });
    expect(error).toMatchObject({ code: 'PREREQUISITE_MISSING', kind: 'caller' });
    expect(error.message).toContain(task);
  });

  test('a scene of the plan that was never written is refused', () => {
    const work = lanternStory();
    const error = refusal({ ...work, scenelets: work.scenelets.slice(1) });
    expect(error).toMatchObject({ code: 'PREREQUISITE_MISSING', kind: 'caller' });
    expect(error.message).toContain('CREATE_INTERACTIVE_SCRIPT');
  });

  test('a choice that leads out of the plan is refused', () => {
    const work = lanternStory();
    work.outline?.nodes[0]?.choices.push({ label: 'Leave', to: 'nowhere' });
    expect(refusal(work).code).toBe('PREREQUISITE_MISSING');
  });

  test('a scenelet that the plan does not know is left out', () => {
    const work = lanternStory();
    const extra = { ...work.scenelets[0], key: 'extra' } as StoryWork['scenelets'][number];
    expect(scene({ ...work, scenelets: [...work.scenelets, extra] }, 'extra')).toBeUndefined();
  });

  test('two scenes that come to one ending count as one', () => {
    const work = lanternStory();
    const [tide, dark] = ['tide', 'dark'].map((key) => work.outline?.nodes.find((node) => node.key === key));
    if (tide && dark) dark.ending = tide.ending;
    expect(playerStory(work).endings.map((each) => each.key)).toEqual(['the-keeper', 'the-tide']);
  });

  test('an ending that a new constitution no longer has is told in the script’s words', () => {
    const work = lanternStory();
    work.constitution?.endings.shift();
    expect(playerStory(work).endings[0]).toEqual({
      key: 'the-keeper',
      title: 'Morning Watch',
      summary: 'The keeper stays.',
    });
  });

  test('a story that goes round in circles still says how far it has to go', () => {
    const work = lanternStory();
    work.outline?.nodes.find((node) => node.key === 'signal')?.choices.push({ label: 'Start over', to: 'arrival' });
    expect(scene(work, 'signal')?.remaining).toBe(1);
    expect(scene(work, 'keeper')?.remaining).toBe(0);
  });

  test('a scene’s place, sound and shots come from the designs, and a scene that names no place has none', () => {
    expect(scene(lanternStory(), 'lamp-room')?.behind).toMatchObject({
      setting: { name: 'The lamp room' },
      ambience: { place: 'The lamp room' },
      shots: [],
    });
    expect(scene(lanternStory(), 'signal')?.behind?.shots).toHaveLength(2);
    expect(scene(lanternStory(), 'dark')?.behind).toBeNull();
    expect(scene({ ...lanternStory(), visualDesign: null, audioDesign: null }, 'shore')?.behind).toBeNull();
  });

  test('a story is offline when any part of its text is', () => {
    expect(playerStory(lanternStory()).offline).toBe(false);
    const work = lanternStory();
    const last = work.scenelets.at(-1);
    if (last) Object.assign(last.content.provenance, { offline: true });
    expect(playerStory(work).offline).toBe(true);
  });
});
