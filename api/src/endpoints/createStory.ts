import { createStoryAnswerSchema, createStoryRequestSchema } from '@story-tasks/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { noQuery } from './parts.ts';

export const createStory = defineEndpoint({
  method: 'post',
  path: '/api/stories',
  operationId: 'createStory',
  tag: 'Stories',
  summary: 'Create a story from a prompt.',
  answers: {
    201: {
      description: 'The story’s id.',
      headers: ['Location'],
      content: { 'application/json': createStoryAnswerSchema },
    },
  },
  problems: ['REQUESTER_NOT_FOUND', 'STORE_UNAVAILABLE'],
  params: z.object({}),
  query: noQuery,
  body: createStoryRequestSchema,
  async handle({ stories }, { body, note }) {
    const { id } = await stories.createStory(body);
    note({ storyId: id });
    return { status: 201, headers: { Location: `/api/stories/${id}` }, body: { storyId: id } };
  },
});
