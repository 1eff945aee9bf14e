/** The whole story as linked sections of plain HTML, for a reader whose browser runs no script. */
import { escapeHtml } from './html.ts';
import type { PlayerScene, PlayerStory } from './playerStory.ts';

/** @returns markup for the inside of `<noscript>` */
export function plainStory(story: PlayerStory): string {
  const scenes = story.scenes.map((scene) => section(story, scene));
  return [
    '<main class="plain">',
    `<h1>${escapeHtml(story.title)}</h1>`,
    `<p>${escapeHtml(story.premise)}</p>`,
    '<p>Without scripts this story reads as a text: each choice is a link to the scene it leads to.</p>',
    ...scenes,
    story.offline ? '<p>Written by the offline storyteller, without a model.</p>' : '',
    '</main>',
  ].join('\n');
}

function section(story: PlayerStory, scene: PlayerScene): string {
  return [
    `<section id="scene-${escapeHtml(scene.key)}">`,
    `<h2>${escapeHtml(scene.title)}</h2>`,
    ...scene.narration.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...scene.dialogue.map(({ speaker, line }) => `<p><b>${escapeHtml(speaker)}:</b> ${escapeHtml(line)}</p>`),
    scene.ending === null ? choices(scene) : ending(story, scene.ending),
    '</section>',
  ].join('\n');
}

function choices(scene: PlayerScene): string {
  const links = scene.choices.map(({ label, to }) => {
    return `<li><a href="#scene-${escapeHtml(to)}">${escapeHtml(label)}</a></li>`;
  });
  return `<ul>${links.join('')}</ul>`;
}

function ending(story: PlayerStory, key: string): string {
  const found = story.endings.find((each) => each.key === key);
  const title = escapeHtml(found?.title ?? '');
  return `<p><b>The end: ${title}.</b> ${escapeHtml(found?.summary ?? '')}</p>`;
}
