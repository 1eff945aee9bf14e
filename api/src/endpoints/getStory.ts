import { type Story, storySchema } from '@story-tasks/contracts';
import type { SceneletRecord, StoryRecord } from '@story-tasks/supabase';
import { defineEndpoint } from '../endpoint.ts';
import { idParams, noBody, noQuery } from './parts.ts';

export const getStory = defineEndpoint({
  method: 'get',
  path: '/api/stories/:id',
  operationId: 'getStory',
  tag: 'Stories',
  summary: 'A story, and which of its pieces are made.',
  answers: { 200: { description: 'The story.', content: { 'application/json': storySchema } } },
  problems: ['STORY_NOT_FOUND', 'STORE_UNAVAILABLE'],
  params: idParams,
  query: noQuery,
  body: noBody,
  async handle({ stories, scenelets }, { params, note }) {
    note({ storyId: params.id });
    const [story, written] = await Promise.all([stories.getStory(params.id), scenelets.listByStory(params.id)]);
    return { status: 200, body: storyOf(story, written) };
  },
});

/** The script is complete when each node of its plan is written; its shots when each scenelet has some. */
function storyOf(story: StoryRecord, written: readonly SceneletRecord[]): Story {
  const planned = (story.outline as { nodes?: { key: string }[] } | null)?.nodes ?? [];
  const keys = new Set(written.map((scenelet) => scenelet.key));
  const interactiveScript = planned.length > 0 && planned.every((node) => keys.has(node.key));
  return storySchema.parse({
    ...story,
    scenelets: written.length,
    has: {
      constitution: story.constitution !== null,
      interactiveScript,
      visualDesign: story.visualDesign !== null,
      audioDesign: story.audioDesign !== null,
      shotList: interactiveScript && written.every((scenelet) => scenelet.shotList !== null),
      bundle: story.bundlePath !== null,
    },
  });
}
