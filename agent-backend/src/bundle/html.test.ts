import { describe, expect, test } from 'vitest';
import { escapeHtml, fillTemplate, jsonForScript } from './html.ts';

describe('text into HTML', () => {
  test('the five characters that mean something to HTML are escaped', () => {
    expect(escapeHtml(`<a href="x">Tom & 'Jerry'</a>`)).toBe(
      '&lt;a href=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/a&gt;',
    );
  });

  test('JSON in a script holds nothing that could end it, and reads back as it was', () => {
    const value = { text: '</script><!-- \u2028\u2029 -->', $: "$&$'" };
    const json = jsonForScript(value);
    expect(json).not.toMatch(/[<\u2028\u2029]/);
    expect(JSON.parse(json)).toEqual(value);
  });

  test('a value that looks like a place, or like a replacement pattern, stays as it is', () => {
    expect(fillTemplate('{{a}} and {{b}}', { a: '{{b}} $& $1', b: 'two' })).toBe('{{b}} $& $1 and two');
  });

  test('a place that nothing fills is an error that names it', () => {
    expect(() => fillTemplate('{{missing}}', {})).toThrow('"missing"');
  });
});
