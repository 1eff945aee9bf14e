/** A call to the store as the link sees it: which function, with what, and what was answered. */

export interface StoreCall {
  readonly link: string;
  /** The function's name, or method and path. */
  readonly what: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** By this process's clock, in milliseconds: when it left for the store, and when the store's answer came. */
  readonly sentAt: number;
  answeredAt?: number;
  status?: number;
  reply?: Readonly<Record<string, unknown>>;
}

const rpcPath = /\/rest\/v1\/rpc\/(\w+)/;

export function nameOfCall(method: string, url: string): string {
  return rpcPath.exec(url)?.[1] ?? `${method} ${url.split('?', 1)[0]}`;
}

/** The argument of a function of the migrations; some gateways send it as a string. */
export function requestOf(body: Buffer): Record<string, unknown> {
  const { request } = objectOf(body) as { request?: unknown };
  return (typeof request === 'string' ? objectOf(Buffer.from(request)) : (request ?? {})) as Record<string, unknown>;
}

export function objectOf(body: Buffer): Record<string, unknown> {
  try {
    return (JSON.parse(body.toString()) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
