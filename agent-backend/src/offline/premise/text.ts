/** Text as the record can hold it: well-formed, in one line, and never cut inside a character. */

/** Removes control characters and broken surrogates, joins lines, and ends each paragraph but the last with a stop. */
export function cleanText(text: string): string {
  const paragraphs = text
    .toWellFormed()
    .replaceAll('\uFFFD', '')
    .split(/\r?\n\s*\r?\n/)
    .map((paragraph) => paragraph.replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ').trim())
    .filter((paragraph) => paragraph !== '');
  return paragraphs
    .map((paragraph, index) =>
      index < paragraphs.length - 1 && /[\p{L}\p{N}]$/u.test(paragraph) ? `${paragraph}.` : paragraph,
    )
    .join(' ');
}

/** The text in at most `max` UTF-16 units, cut between words where there are words, and then ending in an ellipsis. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  const space = cut.lastIndexOf(' ');
  const kept = space > max * 0.6 ? cut.slice(0, space) : cut;
  return `${kept.replace(/[\uD800-\uDBFF]$/, '').replace(/[\s,;:–—-]+$/u, '')}…`;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
const abbreviation = /(?:^|\s)(?:Mr|Mrs|Ms|Dr|St|Prof|Capt|Sgt|Lt|[A-Z])\.\s*$/;

/** The sentences of a cleaned text, each with its own punctuation. "Mr. Finch" stays in one piece. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  let open = '';
  for (const { segment } of segmenter.segment(text)) {
    open += segment;
    if (abbreviation.test(open)) continue;
    if (open.trim() !== '') sentences.push(open.trim());
    open = '';
  }
  return open.trim() === '' ? sentences : [...sentences, open.trim()];
}

/** The text in quotation marks, its own ones made single, with a stop where it ends in none. */
export function quoted(text: string): string {
  const inner = text
    .replace(/(^|[\s([—–-])["“„«]/gu, '$1‘')
    .replace(/["”»]/gu, '’')
    .trim();
  return /[.!?…。！？]['’)\]]*$/u.test(inner) ? `“${inner}”` : `“${inner}.”`;
}
