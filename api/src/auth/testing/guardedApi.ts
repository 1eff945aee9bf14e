/** The app itself behind an authentication, over an empty record: who is let in is told that there is no such task. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { createLogger, type Logger, Metrics } from '@story-tasks/runtime';
import { TaskNotFoundError } from '@story-tasks/supabase';
import { createApp } from '../../app.ts';
import type { ApiDependencies } from '../../dependencies.ts';
import { byToken } from '../authentication.ts';
import type { IdentifyToken } from '../principal.ts';

interface Told {
  readonly status: number;
  readonly code: string;
  readonly challenge: string | null;
  readonly retryAfter: string | null;
  readonly text: string;
}

export interface GuardedApi {
  readonly url: string;
  /** Lines that it logged. */
  readonly logs: readonly string[];
  call(authorization?: string, path?: string, init?: RequestInit): Promise<Told>;
  stop(): Promise<void>;
}

export const letIn = { status: 404, code: 'TASK_NOT_FOUND', challenge: null };
export const unauthenticated = { status: 401, code: 'UNAUTHENTICATED', challenge: 'Bearer error="invalid_token"' };

const aTask = '/api/story-tasks/11111111-1111-4111-8111-111111111111';

export async function startGuarded(identify: (logger: Logger) => IdentifyToken): Promise<GuardedApi> {
  const logs: string[] = [];
  const keep = new Writable({
    write(chunk, _encoding, done) {
      logs.push(String(chunk));
      done();
    },
  });
  const logger = createLogger('api', 'info', keep);
  const server = createApp(emptyRecord(logger), byToken(identify(logger))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    logs,
    async call(authorization, path = aTask, init = {}) {
      const headers = { ...init.headers, ...(authorization === undefined ? {} : { authorization }) };
      return toldBy(await fetch(`${url}${path}`, { ...init, headers }));
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function emptyRecord(logger: Logger): ApiDependencies {
  const getTask = async (taskId: string): Promise<never> => {
    throw new TaskNotFoundError(taskId);
  };
  const record = { tasks: { getTask }, stories: {}, scenelets: {}, streams: {} };
  return { logger, metrics: new Metrics(), ...record } as unknown as ApiDependencies;
}

async function toldBy(response: Response): Promise<Told> {
  const text = await response.text();
  const { code = '' } = (text.startsWith('{') ? JSON.parse(text) : {}) as { code?: string };
  const header = (name: string) => response.headers.get(name);
  return {
    status: response.status,
    code,
    challenge: header('www-authenticate'),
    retryAfter: header('retry-after'),
    text,
  };
}
