/**
 * Which of the design's places a scene is set in. The documents do not say: a place is known by its name's words in
 * the scene's text, and a scene that names none has none, since a wrong place is worse than no place.
 */

/**
 * @param text title, summary and narration of the scene
 * @param places in the design's order, which decides between equals
 * @param nameOf the place's name
 */
export function placeOf<T>(text: string, places: readonly T[], nameOf: (place: T) => string): T | null {
  const spoken = new Set(words(text));
  let best: { place: T; shared: number } | null = null;
  for (const place of places) {
    const shared = words(nameOf(place)).filter((word) => spoken.has(word)).length;
    if (shared > (best?.shared ?? 0)) best = { place, shared };
  }
  return best?.place ?? null;
}

/** Articles and prepositions are mostly shorter than four letters, in the languages that have them. */
function words(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length > 3);
}
