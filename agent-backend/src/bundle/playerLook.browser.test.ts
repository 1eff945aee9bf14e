import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoryWork, VisualDesign } from '../documents/documents.ts';
import { renderBundle } from './renderBundle.ts';
import { lanternStory } from './testing/lanternStory.ts';
import { offlineStory } from './testing/offlineStory.ts';
import { accessibilityFaults, launchBrowser, openBundle, type Reader } from './testing/reader.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const desktop = { viewport: { width: 1280, height: 800 } };

const offline = () => offlineStory('The Salt Clock', 'Mara keeps a clock that runs on salt in a harbour town.');
const inGrey = (): StoryWork => {
  const grey = '#777777';
  const palette = { background: grey, surface: grey, text: grey, accent: grey, muted: grey };
  const visualDesign = { ...lanternStory().visualDesign, palette } as StoryWork['visualDesign'];
  return { ...lanternStory(), visualDesign };
};
const stories: readonly (readonly [string, () => StoryWork])[] = [
  ['a designed story', lanternStory],
  ['a story without designs', () => ({ ...lanternStory(), visualDesign: null, audioDesign: null })],
  ['a story designed in one grey', inGrey],
  ['the offline storyteller’s story', offline],
];

/** Opens each panel of the present screen, so that what is inside them is looked at too. */
const unfold = (reader: Reader) =>
  reader.page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");

const pageWidth = (reader: Reader) => reader.page.evaluate<number>('document.documentElement.scrollWidth');
const buttonHeights = (reader: Reader) =>
  reader.page.evaluate<number[]>("[...document.querySelectorAll('button')].map((each) => each.offsetHeight)");

/** Looks at the title, the opening and an ending, with the first choice taken everywhere. */
async function onEachScreen(reader: Reader, look: (screen: string) => Promise<void>): Promise<void> {
  await look('title');
  await reader.press('Begin');
  await unfold(reader);
  await look('scene');
  while ((await reader.page.locator('.choice').count()) > 0) await reader.page.locator('.choice').first().click();
  await unfold(reader);
  await look('ending');
}

describe.each(stories)('%s', (_name, story) => {
  test.each([
    ['a phone', phone],
    ['a desktop', desktop],
  ])('has no serious accessibility fault on %s', async (_screen, options) => {
    await using reader = await openBundle(browser, renderBundle(story()), { ...options, bypassCSP: true });
    const faults: string[] = [];
    await onEachScreen(reader, async (screen) => {
      for (const fault of await accessibilityFaults(reader.page)) faults.push(`${screen}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });

  test('fits a phone without scrolling sideways, with controls that a finger can hit', async () => {
    await using reader = await openBundle(browser, renderBundle(story()), phone);
    await onEachScreen(reader, async (screen) => {
      expect([screen, await pageWidth(reader)]).toEqual([screen, 360]);
      const visible = (await buttonHeights(reader)).filter((height) => height > 0);
      expect(Math.min(...visible)).toBeGreaterThanOrEqual(44);
    });
    expect(reader.faults).toEqual([]);
  });
});

/** Characters of a paragraph for each line it takes. */
const charactersPerLine = (reader: Reader) =>
  reader.page.evaluate<number>(`{
    const paragraph = [...document.querySelectorAll('.narration p')].at(-1);
    const lines = paragraph.clientHeight / parseFloat(getComputedStyle(paragraph).lineHeight);
    paragraph.textContent.length / Math.round(lines);
  }`);

describe('the page', () => {
  test.each(['serif', 'sans', 'slab', 'mono'] as const)('keeps a readable measure in %s', async (face) => {
    const work = lanternStory();
    const typography: VisualDesign['typography'] = { heading: face, body: face };
    const visualDesign = { ...work.visualDesign, typography } as StoryWork['visualDesign'];
    await using reader = await openBundle(browser, renderBundle({ ...work, visualDesign }), desktop);
    await reader.press('Begin');
    expect(await charactersPerLine(reader)).toBeGreaterThan(48);
    expect(await charactersPerLine(reader)).toBeLessThan(76);
  });

  test('holds still for a reader who wants less motion', async () => {
    await using reader = await openBundle(browser, renderBundle(lanternStory()), { reducedMotion: 'reduce' });
    await reader.press('Begin');
    const moving = await reader.page.evaluate('document.getAnimations().length');
    expect(moving).toBe(0);
  });

  test('eases a scene in for everybody else', async () => {
    await using reader = await openBundle(browser, renderBundle(lanternStory()), { reducedMotion: 'no-preference' });
    await reader.press('Begin');
    const name = await reader.page.evaluate("getComputedStyle(document.querySelector('.scene')).animationName");
    expect(name).toBe('arrive');
  });

  test('a long word in a title and in a choice breaks instead of widening the page', async () => {
    const work = lanternStory();
    const word = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen';
    if (work.constitution) work.constitution.title = word;
    const [opening] = work.outline?.nodes ?? [];
    if (opening?.choices[0]) [opening.title, opening.choices[0].label] = [word, word];
    await using reader = await openBundle(browser, renderBundle(work), phone);
    await onEachScreen(reader, async (screen) => {
      expect([screen, await pageWidth(reader)]).toEqual([screen, 360]);
    });
  });

  test('names its language and its landmarks', async () => {
    await using reader = await openBundle(browser, renderBundle(lanternStory()));
    await reader.press('Begin');
    expect(await reader.page.locator('html').getAttribute('lang')).toBe('en');
    for (const role of ['banner', 'main', 'contentinfo'] as const) {
      expect(await reader.page.getByRole(role).count()).toBe(1);
    }
  });

  test('says that the offline storyteller wrote it', async () => {
    await using reader = await openBundle(browser, renderBundle(offline()));
    await reader.press('Begin');
    expect(await reader.text()).toContain('Written by the offline storyteller, without a model.');
  });

  test('without scripts the story is there to be read, from the first scene to each ending', async () => {
    await using reader = await openBundle(browser, renderBundle(lanternStory()), { javaScriptEnabled: false });
    const page = reader.page;
    await page.getByRole('link', { name: 'Go down to the shore and look for the voice' }).click();
    expect(page.url()).toMatch(/#scene-shore$/);
    const text = await reader.text();
    expect(text).toContain('The Waiting Boats');
    expect(reader.faults).toEqual([]);
  });
});
