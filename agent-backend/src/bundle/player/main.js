// @ts-check
/* Puts the screens on the page and listens. */

/** @type {Story} */
const story = JSON.parse(byId('story').textContent ?? '');
const progress = createProgress(story);
/** Panels that the reader opened stay open from scene to scene. */
const openFolds = new Set();

/** @type {Actions} */
const actions = {
  begin: () => showScene(),
  resume: () => showScene(),
  choose(number) {
    if (progress.choose(number)) showScene();
  },
  back() {
    if (progress.back()) showScene('You are back at your last choice.');
    else showTitle();
  },
  restart() {
    progress.restart();
    showScene('The story starts again.');
  },
};

function showTitle() {
  show('title', titleScreen(story, progress, actions), story.title);
  setLight(0.5);
}

/** @param {string} [said] read out in addition to the heading, when how one came here is not plain from it */
function showScene(said = '') {
  const scene = progress.here();
  show(scene.ending === null ? 'scene' : 'ending', sceneScreen(story, progress, actions), `${scene.title} · ${story.title}`);
  showBeads(scene);
  setLight(0.1 + (0.8 * progress.steps()) / Math.max(1, progress.steps() + scene.remaining));
  byId('status').textContent = scene.ending === null ? said : tally(story, progress);
}

/** @param {'title' | 'scene' | 'ending'} screen @param {HTMLElement} content @param {string} title */
function show(screen, content, title) {
  document.body.dataset.screen = screen;
  document.title = title;
  byId('bar').hidden = screen === 'title';
  byId('stage').replaceChildren(content);
  byId('status').textContent = '';
  rememberFolds(content);
  scrollTo(0, 0);
  content.querySelector('h1')?.focus({ preventScroll: true });
}

/** @param {HTMLElement} content */
function rememberFolds(content) {
  for (const fold of content.querySelectorAll('details')) {
    fold.open = openFolds.has(fold.className);
    fold.addEventListener('toggle', () => {
      if (fold.open) openFolds.add(fold.className);
      else openFolds.delete(fold.className);
    });
  }
}

/** One bead for each scene behind the reader, one for the present, and the fewest that are still to come. */
/** @param {Scene} scene */
function showBeads(scene) {
  const made = progress.visited().map((_scene, at) => element('li', { class: at < progress.steps() ? 'past' : 'present' }));
  const ahead = Array.from({ length: scene.remaining }, () => element('li'));
  byId('beads').replaceChildren(...made, ...ahead);
}

/** The light in the picture crosses the sky as the story goes on. @param {number} along 0 at the left, 1 at the right */
function setLight(along) {
  document.documentElement.style.setProperty('--along', along.toFixed(3));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  // Alt+Left and the like belong to the browser, and a key held down must not run through the story.
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
  const onTitle = document.body.dataset.screen === 'title';
  if (onTitle && event.key === 'Enter' && !isControl(event.target)) actions.resume();
  else if (onTitle) return;
  else if (/^[1-3]$/.test(event.key)) actions.choose(Number(event.key) - 1);
  else if (event.key === 'Backspace' || event.key === 'ArrowLeft') actions.back();
  else return;
  event.preventDefault();
}

/** @param {EventTarget | null} target whether Enter means something to it already */
function isControl(target) {
  return target instanceof Element && target.closest('button, summary, a') !== null;
}

byId('to-title').textContent = story.title;
byId('to-title').setAttribute('aria-label', `${story.title}: title page`);
byId('to-title').addEventListener('click', showTitle);
byId('back').addEventListener('click', actions.back);
byId('restart').addEventListener('click', actions.restart);
byId('offline').hidden = !story.offline;
document.addEventListener('keydown', onKey);
showTitle();
byId('player').hidden = false;
