/** The connection that migrations go by. */
import { readFile } from 'node:fs/promises';
import postgres from 'postgres';

/** @param url with sslmode and sslrootcert as libpq takes them; the driver itself knows the first alone */
export async function connectDatabase(url: string): Promise<postgres.Sql> {
  const { plain, ssl } = await tlsOf(new URL(url));
  return postgres(plain, {
    ...(ssl === undefined ? {} : { ssl }),
    max: 1,
    connect_timeout: 10,
    // A pooler may give each transaction another connection, which knows nothing of what was prepared.
    prepare: false,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: 'story-tasks-migrate' },
  });
}

interface Tls {
  readonly plain: string;
  readonly ssl?: { readonly ca: string; readonly checkServerIdentity?: () => undefined };
}

async function tlsOf(url: URL): Promise<Tls> {
  const [mode, file] = [url.searchParams.get('sslmode'), url.searchParams.get('sslrootcert')];
  if (file === null || file === 'system') return { plain: url.href };
  for (const name of ['sslmode', 'sslrootcert']) url.searchParams.delete(name);
  const ca = await readFile(file, 'utf8');
  // Only verify-full looks at the name, too; whoever gives a CA and says nothing wants that.
  const anyName = mode !== null && mode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {};
  return { plain: url.href, ssl: { ca, ...anyName } };
}
