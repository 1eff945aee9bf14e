/** What every command works with. */

import type { Host, Output } from '@story-tasks/contracts/terminal';
import { createClient, type StoryTasksClient } from '../client.ts';

export interface Context {
  readonly host: Host;
  readonly out: Output;
  /** Aborts with Ctrl-C. */
  readonly signal: AbortSignal;
  /** @throws ClientUsageError when the URL is none */
  readonly client: () => StoryTasksClient;
}

/** Where `make dev` serves. */
export const defaultUrl = 'http://127.0.0.1:8080';

export function clientOf(url: string | undefined, env: Host['env']): StoryTasksClient {
  return createClient({ url: url ?? (env['STORY_TASKS_URL']?.trim() || defaultUrl), token: env['STORY_TASKS_TOKEN'] });
}
