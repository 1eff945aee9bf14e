/** The lantern story with markup, line separators and format characters wherever a person or a model can write. */
import type { StoryWork } from '../../documents/documents.ts';
import { lanternStory } from './lanternStory.ts';

export const hostileText = '<script>alert(1)</script>';
const image = '<img src=x onerror=alert(2)>';

export function hostileStory(): StoryWork {
  const work = lanternStory();
  if (work.constitution)
    Object.assign(work.constitution, { title: hostileText, premise: `${image}\u2028"quoted" & more` });
  for (const ending of work.constitution?.endings ?? []) Object.assign(ending, { title: hostileText, summary: image });
  for (const node of work.outline?.nodes ?? []) {
    node.title = hostileText;
    for (const choice of node.choices) choice.label = `${image} ${choice.label}`;
  }
  for (const { content } of work.scenelets) {
    content.narration[0] = `</script>${hostileText}<!--`;
    content.dialogue.push({ speaker: hostileText, line: `</noscript>${image}` });
  }
  return work;
}
