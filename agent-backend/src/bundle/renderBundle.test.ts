import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { StoryWork } from '../documents/documents.ts';
import { renderBundle } from './renderBundle.ts';
import { hostileStory, hostileText } from './testing/hostileStory.ts';
import { lanternStory } from './testing/lanternStory.ts';

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const between = (html: string, open: string, close: string) => html.split(open)[1]?.split(close)[0] ?? '';
const policyOf = (html: string) => between(html, 'Content-Security-Policy" content="', '">');
const dataOf = (html: string) => JSON.parse(between(html, '<script type="application/json" id="story">', '</script>'));

function retitled(title: string): StoryWork {
  const work = lanternStory();
  if (work.constitution) work.constitution.title = title;
  return work;
}

describe('the bundle', () => {
  test('the same story gives the same bytes', () => {
    expect(renderBundle(lanternStory())).toBe(renderBundle(lanternStory()));
  });

  test('the policy allows this stylesheet and this script, and nothing from anywhere', () => {
    const html = renderBundle(lanternStory());
    const policy = policyOf(html);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src ${sha256(between(html, '<style>', '</style>'))}`);
    expect(policy).toContain(`script-src ${sha256(between(html, '<script>', '</script>'))}`);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  test('nothing in it points to the network', () => {
    expect(renderBundle(lanternStory()).replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|@import|url\(/,
    );
  });

  test('it has one script and one stylesheet, and no handler or style in an attribute', () => {
    const html = renderBundle(hostileStory());
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<style/g)).toHaveLength(1);
    expect(html).not.toMatch(/<[^>]+\s(on\w+|style)=/);
  });

  test('text that looks like markup stays text in all its places', () => {
    const html = renderBundle(hostileStory());
    expect(html).toContain('<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>');
    expect(html).not.toContain(hostileText);
    expect(dataOf(html).title).toBe(hostileText);
  });

  test('the key of saved progress names the story, and changes with its content alone', () => {
    const key = (work: StoryWork): string => dataOf(renderBundle(work)).saveKey;
    expect(key(lanternStory())).toMatch(/^story-tasks\/5f0e3b1a-[\w-]+\/[0-9a-f]{16}$/);
    expect(key({ ...lanternStory(), visualDesign: null, audioDesign: null })).not.toBe(key(retitled('Another')));
    expect(key(lanternStory())).toBe(key(lanternStory()));
    expect(key(retitled('Another'))).not.toBe(key(lanternStory()));
  });

  test('a title may look like a place of the template', () => {
    expect(renderBundle(retitled('{{script}} $& {{nothing}}'))).toContain(
      '<title>{{script}} $&amp; {{nothing}}</title>',
    );
  });

  test('without scripts every scene can be read, and every choice is a link to a scene', () => {
    const plain = between(renderBundle(lanternStory()), '<noscript>', '</noscript>');
    const ids = new Set([...plain.matchAll(/id="([^"]+)"/g)].map((match) => match[1]));
    const links = [...plain.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(ids.size).toBe(9);
    expect(links).toHaveLength(13);
    expect(links.filter((link) => !ids.has(link))).toEqual([]);
  });
});
