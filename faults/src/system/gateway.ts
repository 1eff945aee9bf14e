/**
 * Supabase Lite under a supervisor, as a platform has its gateways: it ends itself when Postgres refuses it under load,
 * and is started again at the same place with the same keys.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, type LiteServer, startLite } from '@story-tasks/supabase/lite';

const startAgainMs = 300;

export interface Gateway {
  readonly url: string;
  readonly secretKey: string;
  stop(): Promise<void>;
}

export async function startGateway(dir: string, postgresUrl: string): Promise<Gateway> {
  const options = { dir, postgresUrl, port: await freePort() };
  let stopping = false;
  let server: LiteServer | undefined = await startLite(options);
  const { url, secretKey } = server;
  const supervise = async () => {
    while (!stopping) {
      await server?.failure.catch(() => undefined);
      if (stopping) return;
      await sleep(startAgainMs);
      // Postgres may still be away: then the next turn tries again.
      server = await startLite(options).catch(() => undefined);
    }
    await server?.stop();
  };
  void supervise();
  return {
    ...{ url, secretKey },
    async stop() {
      stopping = true;
      await server?.stop();
    },
  };
}
