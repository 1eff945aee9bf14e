/** An endpoint is a value: what it takes, what it answers, what it does. One place turns it into a route. */
import type { ServerResponse } from 'node:http';
import type { Logger } from '@story-tasks/runtime';
import type { z } from 'zod';
import type { Principal } from './auth/principal.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { ProblemCode } from './problems.ts';

/** What Node gives: names in lower case. */
type HeadersSchema = z.ZodObject;

interface Input<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Headers extends HeadersSchema,
> {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  readonly headers: z.output<Headers>;
  /** Who calls; of an open endpoint, nobody is asked. */
  readonly principal: Principal;
  /** The type, of these, that the client likes best; the first when it does not mind. */
  readonly preferred: (types: readonly string[]) => string | false;
  /** Of this request: what it logs of itself stands on the request's line. */
  readonly note: (fields: Record<string, string>) => void;
  readonly logger: Logger;
}

interface ReplyHead {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `body` is JSON, unless it is text (then `headers` name its type) or nothing; `stream` writes its own, and ends it. */
export type Reply =
  | (ReplyHead & { readonly body: unknown })
  | (ReplyHead & { readonly stream: (response: ServerResponse) => void });

/** An answer that is no problem, as the OpenAPI document tells it. */
export interface Answer {
  readonly description: string;
  /** Headers that it always has. */
  readonly headers?: readonly 'Location'[];
  /** What the body is, by media type; without it there is none. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
}

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Headers extends HeadersSchema = HeadersSchema,
> {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** What generated clients call it. */
  readonly operationId: string;
  readonly tag: 'Stories' | 'Tasks' | 'Documentation';
  readonly summary: string;
  /** True: answered without asking who calls. */
  readonly open?: true;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** What `handle` may be refused with, besides what any call may. */
  readonly problems: readonly ProblemCode[];
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** What the document says of the body, where `handle` looks closer than `body` does. */
  readonly bodyShape?: z.ZodType;
  /** The headers that it takes besides those of every request; all others are passed over. */
  readonly headers?: Headers;
  /** Throws what `problems.ts` knows how to tell. */
  readonly handle: (dependencies: ApiDependencies, input: Input<Params, Query, Body, Headers>) => Promise<Reply>;
}

/** Keeps an endpoint's own types while it is written, and gives them up where endpoints are listed. */
export function defineEndpoint<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Headers extends HeadersSchema,
>(endpoint: Endpoint<Params, Query, Body, Headers>): Endpoint {
  return endpoint as unknown as Endpoint;
}
