// @ts-check
/* Where the reader is: the choices made so far, and the endings found. Kept in localStorage where that is allowed. */

/** @typedef {import('../playerStory.ts').PlayerStory & { saveKey: string }} Story */
/** @typedef {import('../playerStory.ts').PlayerScene} Scene */
/** @typedef {{ path: number[], found: string[] }} Saved path: the number of each choice taken, from the opening on */
/** @typedef {ReturnType<typeof createProgress>} Progress */

/** @param {Story} story */
function createProgress(story) {
  const scenes = new Map(story.scenes.map((scene) => [scene.key, scene]));
  const saved = savedProgress(story, scenes);
  let path = saved.path;
  const found = new Set(saved.found);

  /** @param {number[]} next */
  function moveTo(next) {
    path = next;
    const { ending } = here();
    if (ending !== null) found.add(ending);
    writeSaved(story.saveKey, { path, found: [...found] });
  }

  /** The scenes seen on this path; the last is the present one. */
  const visited = () => /** @type {Scene[]} */ (follow(story, scenes, path));
  const here = () => /** @type {Scene} */ (visited().at(-1));

  return {
    here,
    visited,
    /** The labels of the choices made, in order. */
    labels: () => path.map((number, step) => visited()[step]?.choices[number]?.label ?? ''),
    steps: () => path.length,
    /** @param {string} key */
    hasFound: (key) => found.has(key),
    foundCount: () => found.size,
    /** @param {number} number @returns {boolean} whether there is such a choice */
    choose(number) {
      if (here().choices[number] === undefined) return false;
      moveTo([...path, number]);
      return true;
    },
    /** @returns {boolean} whether there was a choice to take back */
    back() {
      if (path.length === 0) return false;
      moveTo(path.slice(0, -1));
      return true;
    },
    restart: () => moveTo([]),
  };
}

/**
 * @param {Story} story
 * @param {Map<string, Scene>} scenes
 * @param {number[]} path
 * @returns {Scene[] | null} null when the path takes a choice that the story does not have
 */
function follow(story, scenes, path) {
  const first = story.scenes[0];
  if (first === undefined) return null;
  const visited = [first];
  for (const number of path) {
    const choice = visited[visited.length - 1]?.choices[number];
    const next = choice && scenes.get(choice.to);
    if (next === undefined) return null;
    visited.push(next);
  }
  return visited;
}

/**
 * What was saved, as far as it fits this story: another's hand or half a write may have left anything there.
 *
 * @param {Story} story
 * @param {Map<string, Scene>} scenes
 * @returns {Saved}
 */
function savedProgress(story, scenes) {
  const saved = readSaved(story.saveKey);
  const path = listOf(saved.path, Number.isInteger);
  const found = listOf(saved.found, (key) => story.endings.some((ending) => ending.key === key));
  return { path: follow(story, scenes, path) === null ? [] : path, found };
}

/** @param {string} key @returns {{ path?: unknown, found?: unknown }} */
function readSaved(key) {
  try {
    return Object(JSON.parse(localStorage.getItem(key) ?? '{}'));
  } catch {
    // Storage is shut (a private window, some file: pages) or holds no JSON: the story then starts at its beginning.
    return {};
  }
}

/** @param {string} key @param {Saved} saved */
function writeSaved(key, saved) {
  try {
    localStorage.setItem(key, JSON.stringify(saved));
  } catch {
    // The story plays on; it only forgets when the page is closed.
  }
}

/** @template T @param {unknown} value @param {(item: unknown) => boolean} fits @returns {T[]} */
function listOf(value, fits) {
  return Array.isArray(value) && value.every(fits) ? value : [];
}
