/** What every command works with. */
import { readFile } from 'node:fs/promises';
import type { Host, Output } from '@story-tasks/contracts/terminal';
import { createClient, type StoryTasksClient } from '../client.ts';
import { ClientUsageError } from '../errors.ts';

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
  return createClient({ url: url ?? (env['STORY_TASKS_URL']?.trim() || defaultUrl), token: tokenOf(env) });
}

/** A pod's token is renewed in its file while a watch goes on, so that it is read for each request. */
function tokenOf(env: Host['env']): string | (() => Promise<string>) | undefined {
  const file = env['STORY_TASKS_TOKEN_FILE']?.trim();
  return env['STORY_TASKS_TOKEN']?.trim() || (file ? () => tokenIn(file) : undefined);
}

async function tokenIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new ClientUsageError(`STORY_TASKS_TOKEN_FILE names ${file}, which cannot be read.`);
  }
}
