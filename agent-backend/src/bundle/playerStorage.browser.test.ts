import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderBundle } from './renderBundle.ts';
import { lanternStory } from './testing/lanternStory.ts';
import { launchBrowser, openBundle } from './testing/reader.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const lantern = renderBundle(lanternStory());
const saveKey = /"saveKey":"([^"]+)"/.exec(lantern)?.[1] ?? '';

/** Leaves `text` where the player keeps its progress. */
const leaving = (text: string) => (page: Page) =>
  page.addInitScript(`localStorage.setItem(${JSON.stringify(saveKey)}, ${JSON.stringify(text)})`);

describe('saved progress', () => {
  test.each([
    ['no JSON', '{"path":[1'],
    ['a list', '[1,2]'],
    ['nothing', 'null'],
    ['a path of words', '{"path":["one"],"found":[]}'],
    ['a choice that there is not', '{"path":[1,7],"found":[]}'],
    ['a path beyond an ending', '{"path":[0,0,0,0],"found":[]}'],
    ['an ending of another story', '{"path":[],"found":["the-dragon"]}'],
    ['parts of another kind', '{"path":{"0":1},"found":7}'],
  ])('%s in its place is ignored', async (_what, text) => {
    await using reader = await openBundle(browser, lantern, {}, leaving(text));
    await reader.see('The Lamp at Harrow Point');
    expect(await reader.text()).not.toContain('endings found');
    await reader.press('Begin');
    await reader.see('The Last Boat Out');
    expect(reader.faults).toEqual([]);
  });

  test('a good path is taken up', async () => {
    await using reader = await openBundle(browser, lantern, {}, leaving('{"path":[1,0],"found":["the-dark"]}'));
    await reader.see('The Lamp at Harrow Point');
    expect(await reader.text()).toContain('1 of 3 endings found');
    await reader.press('Continue');
    await reader.see('The Woman in the Boat');
  });

  test('progress in one version of a story does not reach into another', async () => {
    const work = lanternStory();
    work.outline?.nodes[0]?.choices.reverse();
    await using reader = await openBundle(browser, renderBundle(work), {}, leaving('{"path":[1],"found":[]}'));
    await reader.press('Begin');
    await reader.see('The Last Boat Out');
  });

  test('a browser that shuts its storage plays the story all the same', async () => {
    const shut = (page: Page) =>
      page.addInitScript(`Object.defineProperty(window, 'localStorage', {
        get() { throw new DOMException('shut', 'SecurityError'); },
      })`);
    await using reader = await openBundle(browser, lantern, {}, shut);
    await reader.press('Begin');
    await reader.choose('Go down to the shore');
    await reader.see('What the Shore Was Saying');
    await reader.press('Back');
    await reader.see('The Last Boat Out');
    expect(reader.faults).toEqual([]);
  });

  test('a storage that is full loses progress and nothing else', async () => {
    const full = (page: Page) =>
      page.addInitScript(`Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError');
      }`);
    await using reader = await openBundle(browser, lantern, {}, full);
    await reader.press('Begin');
    await reader.choose('Go down to the shore');
    await reader.see('What the Shore Was Saying');
    expect(reader.faults).toEqual([]);
  });
});
