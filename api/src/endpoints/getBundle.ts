import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { BundleNotFoundError } from '../errors.ts';
import { idParams, noBody, noQuery } from './parts.ts';

/** The page brings its own policy, by hashes; the API's general one would stop its script. */
const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "frame-ancestors 'none'",
  'Cache-Control': 'no-cache',
};

export const getBundle = defineEndpoint({
  method: 'get',
  path: '/api/stories/:id/bundle',
  operationId: 'getBundle',
  tag: 'Stories',
  summary: 'The latest player bundle: a page to play the story.',
  answers: { 200: { description: 'The page, complete in itself.', content: { 'text/html': z.string() } } },
  problems: ['STORY_NOT_FOUND', 'BUNDLE_NOT_FOUND', 'STORE_UNAVAILABLE', 'BUNDLE_STORE_UNAVAILABLE'],
  params: idParams,
  query: noQuery,
  body: noBody,
  async handle({ stories, bundles }, { params, note }) {
    note({ storyId: params.id });
    const { bundlePath } = await stories.getStory(params.id);
    const html = bundlePath === null ? null : await bundles.get(bundlePath);
    if (html === null) throw new BundleNotFoundError(params.id);
    return { status: 200, headers, body: html };
  },
});
