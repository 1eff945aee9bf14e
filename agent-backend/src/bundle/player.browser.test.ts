import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderBundle } from './renderBundle.ts';
import { hostileStory, hostileText } from './testing/hostileStory.ts';
import { lanternStory } from './testing/lanternStory.ts';
import { launchBrowser, openBundle, type Reader } from './testing/reader.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const lantern = renderBundle(lanternStory());

async function begin(reader: Reader): Promise<void> {
  await reader.see('The Lamp at Harrow Point');
  await reader.press('Begin');
  await reader.see('The Last Boat Out');
}

async function playToKeeper(reader: Reader): Promise<void> {
  await begin(reader);
  await reader.choose('Climb to the lamp room');
  await reader.see('Four Hundred Steps');
  await reader.choose('Light the lamp and read later');
  await reader.see('The Light Goes Round');
  await reader.choose('Keep the light burning');
  await reader.see('Morning Watch');
}

describe('the player', () => {
  test('plays to two different endings, counts them, and speaks to nobody', async () => {
    await using reader = await openBundle(browser, lantern);
    await playToKeeper(reader);
    expect(await reader.text()).toContain('1 of 3 endings found');
    expect(await reader.page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(['She Came In']);
    await reader.press('Go back to the last choice');
    await reader.see('The Light Goes Round');
    await reader.choose('Put it out and let the dark answer');
    await reader.see('No Light at Harrow');
    expect(await reader.text()).toContain('2 of 3 endings found');
    expect(await reader.text()).toContain('Not found yet');
    expect(reader.faults).toEqual([]);
  });

  test('an ending that shares its last scene’s name is not named twice in a row', async () => {
    const work = lanternStory();
    for (const ending of work.constitution?.endings ?? []) ending.title = 'Morning Watch';
    await using reader = await openBundle(browser, renderBundle(work));
    await playToKeeper(reader);
    expect(await reader.page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['The end']);
  });

  test('shows narration, who says what, and the choices', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    const text = await reader.text();
    expect(text).toContain('The supply boat would not wait');
    expect(text).toMatch(/Ines\s+Why not\?\s+Boatman\s+Because you’ll want to\./);
    expect(await reader.page.locator('.choice').count()).toBe(2);
  });

  test('paths that meet lead to the same scene, and back goes the way one came', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    await reader.choose('Go down to the shore');
    await reader.choose('Run back up and light the lamp');
    await reader.see('The Light Goes Round');
    await reader.page.getByText('Your path: 2 choices').click();
    expect(await reader.page.locator('.trail-choice').allInnerTexts()).toEqual([
      'Go down to the shore and look for the voice',
      'Run back up and light the lamp',
    ]);
    await reader.press('Back');
    await reader.see('What the Shore Was Saying');
  });

  test('back from the opening is the title page, and restart is the opening', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    await reader.press('Back');
    await reader.see('The Lamp at Harrow Point');
    await reader.press('Begin');
    await reader.choose('Go down to the shore');
    await reader.see('What the Shore Was Saying');
    await reader.press('Restart');
    await reader.see('The Last Boat Out');
  });

  test('playing again starts at the opening and keeps the endings that were found', async () => {
    await using reader = await openBundle(browser, lantern);
    await playToKeeper(reader);
    await reader.press('Play again');
    await reader.see('The Last Boat Out');
    await reader.page.keyboard.press('ArrowLeft');
    await reader.see('The Lamp at Harrow Point');
    expect(await reader.text()).toContain('1 of 3 endings found');
  });

  test('goes on after a reload where the reader left, or from the beginning', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    await reader.choose('Go down to the shore');
    await reader.see('What the Shore Was Saying');
    await reader.page.reload();
    await reader.see('The Lamp at Harrow Point');
    await reader.press('Continue');
    await reader.see('What the Shore Was Saying');
    await reader.page.reload();
    await reader.press('Begin again');
    await reader.see('The Last Boat Out');
    expect(reader.faults).toEqual([]);
  });

  test('plays by keyboard alone, and moves the focus to each new heading', async () => {
    await using reader = await openBundle(browser, lantern);
    const { keyboard } = reader.page;
    const focused = () => reader.page.evaluate('document.activeElement.textContent');
    await reader.see('The Lamp at Harrow Point');
    await keyboard.press('Enter');
    await reader.see('The Last Boat Out');
    expect(await focused()).toBe('The Last Boat Out');
    await keyboard.press('3');
    await keyboard.press('2');
    await reader.see('What the Shore Was Saying');
    expect(await focused()).toBe('What the Shore Was Saying');
    await keyboard.press('Backspace');
    await reader.see('The Last Boat Out');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await reader.see('Four Hundred Steps');
    await keyboard.press('1');
    await keyboard.press('3');
    await reader.see('Past the Point');
    expect(await reader.page.title()).toBe('Past the Point · The Lamp at Harrow Point');
    expect(await reader.page.getByRole('status').textContent()).toBe('1 of 3 endings found');
  });

  test('a control that has the focus shows it', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    await reader.page.keyboard.press('Tab');
    const focus = reader.page.locator(':focus-visible');
    expect(await focus.getAttribute('class')).toBe('choice');
    const outline = await reader.page.evaluate('getComputedStyle(document.activeElement).outlineWidth');
    expect(outline).toBe('3px');
  });

  test('keys that belong to the browser, and a key held down, choose nothing', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    await reader.page.keyboard.press('Control+1');
    await reader.page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: '1', repeat: true }))");
    await reader.see('The Last Boat Out');
  });

  test('what is behind a scene stays shut until it is asked for, and then open', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    await reader.choose('Climb to the lamp room');
    await reader.see('Four Hundred Steps');
    expect(await reader.text()).not.toContain('gulls under the gallery');
    await reader.page.getByText('Behind the scene').click();
    expect(await reader.text()).toContain('gulls under the gallery');
    await reader.choose('Light the lamp');
    await reader.see('The Light Goes Round');
    expect(await reader.text()).toContain('The wick takes the flame');
  });

  test('a story that a model wrote says nothing of the offline storyteller', async () => {
    await using reader = await openBundle(browser, lantern);
    await begin(reader);
    expect(await reader.text()).not.toContain('offline storyteller');
  });

  test('text that looks like markup is shown as text, and nothing of it runs', async () => {
    await using reader = await openBundle(browser, renderBundle(hostileStory()));
    await reader.see(hostileText);
    expect(await reader.page.title()).toBe(hostileText);
    await reader.press('Begin');
    for (let scene = 0; scene < 3; scene++) {
      expect(await reader.text()).toContain(hostileText);
      await reader.page.locator('.choice').first().click();
    }
    expect(await reader.page.locator('img').count()).toBe(0);
    expect(await reader.text()).toContain('The end');
    expect(reader.faults).toEqual([]);
  });

  test('plays from a web server too, and asks it for nothing but the page', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('content-type', 'text/html; charset=utf-8').end(lantern);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/story`);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('heading', { name: 'The Last Boat Out' }).waitFor();
    await page.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    expect(asked).toEqual(['/story']);
  });
});
