/** Text into HTML. Everything a story says passes through one of these two. */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for quoted attribute values. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/**
 * JSON for a `<script type="application/json">`. With no `<` in it nothing can end or open a tag; U+2028 and U+2029 are
 * line ends to older parsers of scripts.
 */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * Fills `{{name}}` places in one pass, so that a value which looks like a place stays as it is.
 *
 * @throws Error when the template has a place that no value fills
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_place, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The template has a place "${name}" that nothing fills.`);
    return value;
  });
}
