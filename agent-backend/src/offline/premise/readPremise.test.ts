import { describe, expect, test } from 'vitest';
import { readPremise } from './readPremise.ts';
import { summarise } from './summarise.ts';
import { cleanText, clip, quoted, sentencesOf } from './text.ts';

const names = (text: string) => readPremise(text).figures.map(({ name }) => name);
const places = (text: string) => readPremise(text).places.map(({ name, at }) => `${at} ${name}`);

describe('people of a premise', () => {
  test.each([
    ['Ines Corval has kept the light for years.', ['Ines Corval']],
    ['Mara opens the door. Nobody sees Mara.', ['Mara']],
    ['Water is everywhere. Nobody knows why. Every night it rises.', []],
    ['The Captain of the Guard sleeps.', []],
    ['When Mara Venn came home in January, it was raining.', ['Mara Venn']],
    ['A baker and a thief share a house.', ['The baker', 'The thief']],
    ['She runs like a thief through the town.', []],
    ['There is no captain in the boat.', []],
  ])('in "%s" are %j', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  test.each([
    ['Her nephew Davit, who is young, asks her every day about the sea.', 'he'],
    ['Suda has the fuel. She will not burn it.', 'she'],
    ['Captain Hale says that the sea is calm.', 'they'],
    ['A fox is in the garden.', 'it'],
  ])('in "%s" take the pronoun %s', (text, pronouns) => {
    expect(readPremise(text).figures[0]?.pronouns).toBe(pronouns);
  });

  test('have the trade that stands by their name', () => {
    const { figures, companion } = readPremise(
      'Tove Lind, a retired diver, meets the navigation officer, Lieutenant Suda Marchetti, in the bar.',
    );
    expect(figures.find(({ short }) => short === 'Tove')?.role).toBe('a retired diver');
    expect(companion).toMatchObject({ short: 'Suda', role: 'the navigation officer' });
  });

  test('are not set against themselves, nor against the dead', () => {
    expect(readPremise('Ines keeps the light. The keeper is tired.').companion).toBeNull();
    expect(readPremise('Ines keeps the light. Her husband Tom drowned in the bay.').companion).toBeNull();
  });
});

describe('places and things of a premise', () => {
  test.each([
    ['The Night Market is in the city. It sells fear.', 'at the Night Market'],
    ['Ines lives on Saltmother Rock. The sea is near.', 'on Saltmother Rock'],
    ['He returns to the village of Ostrey with a bag.', 'in Ostrey'],
    ['She walks to the abandoned railway station.', 'at the abandoned railway station'],
  ])('"%s" is set %s', (text, expected) => {
    expect(places(text)).toContain(expected);
  });

  test('are named with one article and the head of the phrase', () => {
    const { objects } = readPremise(
      "She has her grandmother's brass key. In a cigar box is the other letter. The train driver has no lamp.",
    );
    expect(objects).toEqual(['the brass key', 'the cigar box', 'the letter']);
  });

  test('are left alone in another language', () => {
    expect(readPremise('Der Mann in dem Boot hat eine Lampe und einen Ring.')).toMatchObject({
      figures: [],
      places: [],
      objects: [],
    });
  });
});

describe('text', () => {
  test('is cut between words, never inside a character', () => {
    expect(clip('one two three', 9)).toBe('one two…');
    expect(clip('🦊🦊🦊🦊', 4).isWellFormed()).toBe(true);
  });

  test('is split into sentences, titles and initials kept whole', () => {
    expect(sentencesOf('Mr. Pell came. J. Roe left! Why?')).toEqual(['Mr. Pell came.', 'J. Roe left!', 'Why?']);
  });

  test('is quoted with its own quotes made single', () => {
    expect(quoted('He said "no" to her')).toBe('“He said ‘no’ to her.”');
    expect(quoted('Why?')).toBe('“Why?”');
  });

  test('is cleaned of what the record cannot hold', () => {
    expect(cleanText('a\u0000\uD800b\n\nHeading\n\nend')).toBe('a b. Heading. end');
  });

  test('is summarised in its own sentences, in their order', () => {
    const long = Array.from({ length: 60 }, (_, at) => `On day ${at} the keeper lit the lamp.`).join(' ');
    const short = summarise(long);
    expect(short.length).toBeLessThanOrEqual(1200);
    expect(short.startsWith('On day 0 the keeper lit the lamp. On day 1')).toBe(true);
    const days = [...short.matchAll(/day (\d+)/g)].map(([, day]) => Number(day));
    expect(days).toEqual(days.toSorted((a, b) => a - b));
  });
});
