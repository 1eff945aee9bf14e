// @ts-check
/* The screens: each is made anew from the story and the progress, and knows nothing of the one before. */

/** @typedef {{ begin(): void, resume(): void, choose(number: number): void, back(): void, restart(): void }} Actions */

/** @param {Story} story @param {Progress} progress @param {Actions} actions */
function titleScreen(story, progress, actions) {
  const begun = progress.steps() > 0;
  return element('div', { class: 'cover' }, [
    element('p', { class: 'eyebrow', text: `A story with ${counted(story.endings.length, 'ending', 'endings')}` }),
    mainHeading(story.title),
    words('p', story.premise, 'premise'),
    element('div', { class: 'actions' }, [
      begun ? button('Continue', 'primary', actions.resume) : button('Begin', 'primary', actions.begin),
      begun ? button('Begin again', 'secondary', actions.restart) : null,
    ]),
    progress.foundCount() > 0 ? element('p', { class: 'tally', text: tally(story, progress) }) : null,
  ]);
}

/** @param {Story} story @param {Progress} progress @param {Actions} actions */
function sceneScreen(story, progress, actions) {
  const scene = progress.here();
  const ending = story.endings.find((each) => each.key === scene.ending);
  const opening = progress.steps() === 0;
  return element('article', { class: opening ? 'scene opening' : 'scene' }, [
    element('p', { class: 'eyebrow', text: ending ? 'The last scene' : `Scene ${progress.steps() + 1}` }),
    mainHeading(scene.title),
    element('div', { class: 'narration' }, scene.narration.map((paragraph) => words('p', paragraph))),
    scene.dialogue.length > 0 ? dialogue(scene) : null,
    ending ? curtain(story, progress, ending, actions) : choices(scene, actions),
    behindTheScene(scene),
    progress.steps() > 0 ? trail(progress) : null,
  ]);
}

/** @param {Scene} scene */
function dialogue(scene) {
  const lines = scene.dialogue.map(({ speaker, line }, at) => {
    const sameVoice = scene.dialogue[at - 1]?.speaker === speaker;
    return element('div', { class: sameVoice ? 'turn same' : 'turn' }, [words('dt', speaker), words('dd', line)]);
  });
  return element('dl', { class: 'dialogue' }, lines);
}

/** @param {Scene} scene @param {Actions} actions */
function choices(scene, actions) {
  const buttons = scene.choices.map(({ label }, at) => {
    const attributes = { type: 'button', 'aria-keyshortcuts': String(at + 1) };
    return element('li', {}, [
      element('button', { class: 'choice', attributes, onClick: () => actions.choose(at) }, [
        element('span', { class: 'choice-key', text: String(at + 1), attributes: { 'aria-hidden': 'true' } }),
        words('span', label, 'choice-label'),
      ]),
    ]);
  });
  return element('section', { class: 'choices', attributes: { 'aria-labelledby': 'choices-title' } }, [
    element('h2', { text: 'What happens next?', attributes: { id: 'choices-title' } }),
    element('ol', {}, buttons),
  ]);
}

/**
 * @param {Story} story
 * @param {Progress} progress
 * @param {Story['endings'][number]} ending
 * @param {Actions} actions
 */
function curtain(story, progress, ending, actions) {
  // An ending and its last scene often share a name: said twice in a row it would look like a mistake.
  const named = ending.title !== progress.here().title;
  return element('section', { class: 'curtain', attributes: { 'aria-labelledby': 'ending-title' } }, [
    named ? element('p', { class: 'eyebrow', text: 'The end' }) : null,
    element('h2', { text: named ? ending.title : 'The end', attributes: { id: 'ending-title', dir: 'auto' } }),
    words('p', ending.summary, 'summary'),
    endingsFound(story, progress, ending),
    element('div', { class: 'actions' }, [
      button('Play again', 'primary', actions.restart),
      progress.steps() > 0 ? button('Go back to the last choice', 'secondary', actions.back) : null,
    ]),
  ]);
}

/** @param {Story} story @param {Progress} progress @param {Story['endings'][number]} present */
function endingsFound(story, progress, present) {
  const marks = story.endings.map((ending) => {
    const found = progress.hasFound(ending.key);
    const name = found ? words('span', ending.title) : element('span', { text: 'Not found yet' });
    const state = ending.key === present.key ? 'found present' : found ? 'found' : 'unfound';
    return element('li', { class: state }, [name]);
  });
  return element('div', { class: 'endings' }, [
    element('p', { class: 'tally', text: tally(story, progress) }),
    element('ul', {}, marks),
  ]);
}

/** @param {Story} story @param {Progress} progress */
function tally(story, progress) {
  return `${progress.foundCount()} of ${counted(story.endings.length, 'ending', 'endings')} found`;
}

/** @param {Progress} progress */
function trail(progress) {
  const labels = progress.labels();
  const steps = progress.visited().slice(0, -1).map((scene, step) => {
    return element('li', {}, [words('span', scene.title, 'trail-scene'), words('span', labels[step] ?? '', 'trail-choice')]);
  });
  return element('details', { class: 'fold trail' }, [
    element('summary', { text: `Your path: ${counted(steps.length, 'choice', 'choices')}` }),
    element('ol', {}, steps),
  ]);
}

/** @param {Scene} scene */
function behindTheScene({ behind }) {
  if (behind === null) return null;
  const { shots, setting, ambience, voices } = behind;
  const notes = [
    setting && note('Place', `${setting.name}: ${setting.look}`),
    ambience && note('Ambience', `${ambience.place}: ${ambience.sound}`),
    ...voices.map(({ speaker, direction }) => note('Voice', `${speaker}: ${direction}`)),
  ];
  return element('details', { class: 'fold behind' }, [
    element('summary', { text: 'Behind the scene' }),
    shots.length > 0 ? element('ol', { class: 'shots' }, shots.map(shotItem)) : null,
    notes.some((each) => each !== null) ? element('dl', { class: 'notes' }, notes) : null,
  ]);
}

/** @param {string} kind @param {string} text */
function note(kind, text) {
  return element('div', {}, [element('dt', { text: kind }), words('dd', text)]);
}

/** @param {NonNullable<Scene['behind']>['shots'][number]} shot */
function shotItem({ framing, subject, movement, sound, seconds }) {
  return element('li', {}, [
    element('p', { class: 'shot-head' }, [words('span', framing, 'framing'), element('span', { text: `${seconds} s` })]),
    words('p', subject),
    words('p', `${movement} / ${sound}`, 'shot-craft'),
  ]);
}
