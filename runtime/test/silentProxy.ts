/** A TCP proxy on the loopback that can lose connections without a word, as a firewall or a machine that is gone does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SilentProxy {
  readonly port: number;
  /** Forwards nothing more on the connections that are open, and closes none of them. New ones work. */
  swallowOpen(): void;
  stop(): Promise<void>;
}

interface Link {
  readonly sockets: readonly [Socket, Socket];
  silent: boolean;
}

export async function startSilentProxy(targetPort: number): Promise<SilentProxy> {
  const links = new Set<Link>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const link: Link = { sockets: [client, upstream], silent: false };
    links.add(link);
    forward(link, client, upstream);
    forward(link, upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallowOpen() {
      for (const link of links) link.silent = true;
    },
    async stop() {
      for (const socket of [...links].flatMap(({ sockets }) => sockets)) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A silent link forwards the end of a connection as little as its data. */
function forward(link: Link, from: Socket, to: Socket): void {
  from.on('data', (data) => link.silent || to.write(data));
  from.on('end', () => link.silent || to.end());
  from.on('error', () => link.silent || to.destroy());
}
