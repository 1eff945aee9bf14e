/** The link to the store: HTTP, so that faults can be chosen by call, and after the call was committed. */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { FaultyLink } from './faultyLink.ts';
import type { LinkFaults } from './link.ts';
import { nameOfCall, objectOf, requestOf, type StoreCall } from './storeCall.ts';

/** What becomes of one call besides what the connection suffers. */
export type CallFault = 'none' | 'drop reply' | 'hang' | '503' | '504' | '57014';

/** @param call its name @returns how this call is to fail, asked once for each */
export type ChooseFault = (call: string) => CallFault;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

const refusals: Partial<Record<CallFault, Answer>> = {
  '503': page(503, 'upstream connect error'),
  '504': page(504, 'The upstream server is timing out'),
  '57014': {
    status: 500,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(
      JSON.stringify({
        code: '57014',
        message: 'canceling statement due to statement timeout',
        details: null,
        hint: null,
      }),
    ),
  },
};

function page(status: number, text: string): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body: Buffer.from(text) };
}

export class StoreLink extends FaultyLink {
  protected readonly server: Server;
  readonly #target: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #record: (call: StoreCall) => void;
  chooseFault: ChooseFault = () => 'none';

  private constructor(name: string, target: string, random: () => number, record: (call: StoreCall) => void) {
    super(name, random);
    this.#target = target;
    this.#record = record;
    this.server = createServer((incoming, response) => {
      this.#serve(incoming, response).catch(() => response.destroy());
    });
    this.server.on('connection', (socket) => {
      if (this.state.faults.refuse) socket.resetAndDestroy();
    });
  }

  /** @param record told each call that is sent on; its answer is filled in when it comes */
  static async start(
    name: string,
    target: string,
    random: () => number,
    record: (call: StoreCall) => void,
  ): Promise<StoreLink> {
    const link = new StoreLink(name, target, random, record);
    return link.listen();
  }

  override suffer(faults: Partial<LinkFaults>): void {
    super.suffer(faults);
    if (faults.refuse) this.server.closeAllConnections();
  }

  forget(): void {
    this.server.closeAllConnections();
  }

  override heal(): void {
    super.heal();
    this.chooseFault = () => 'none';
  }

  async close(): Promise<void> {
    this.heal();
    this.#agent.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const what = nameOfCall(incoming.method ?? '', incoming.url ?? '');
    const fault = this.chooseFault(what);
    const refusal = refusals[fault];
    if (refusal) return send(response, refusal);
    if (fault === 'hang' || !(await this.#passes('request', what, response))) return;
    const answer = await this.#forward(incoming, body, what);
    if (fault === 'drop reply') response.destroy();
    else if (await this.#passes('reply', what, response)) send(response, answer);
  }

  async #passes(side: 'request' | 'reply', what: string, response: ServerResponse): Promise<boolean> {
    if (!(await this.state.admit())) {
      response.destroy();
      return false;
    }
    return (await this.state.tap?.({ link: this.name, side, what })) !== 'drop';
  }

  async #forward(incoming: IncomingMessage, body: Buffer, what: string): Promise<Answer> {
    const call: StoreCall = { link: this.name, what, request: requestOf(body), sentAt: Date.now() };
    this.#record(call);
    const { method, url, headers } = incoming;
    const outgoing = request(`${this.#target}${url}`, { method, headers, agent: this.#agent });
    outgoing.end(body);
    const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answer = { status: reply.statusCode ?? 0, headers: reply.headers, body: await buffer(reply) };
    Object.assign(call, { answeredAt: Date.now(), status: answer.status, reply: objectOf(answer.body) });
    return answer;
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  const { 'transfer-encoding': _, connection: __, ...kept } = headers;
  response.writeHead(status, { ...kept, 'content-length': body.length }).end(body);
}
