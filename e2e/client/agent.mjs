/**
 * Runs in the client pod, and does for the suite what any REST client in the cluster would do: calls the API with the token of its
 * ServiceAccount. Requests come as lines of JSON on stdin; what is answered goes back in pieces, each a line.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const tokenFile = process.env.TOKEN_FILE;
const underWay = new Map();

const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function call({ id, url, method, headers, body, token }) {
  const aborting = new AbortController();
  underWay.set(id, aborting);
  try {
    const bearer = token ?? (tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim());
    const authorization = bearer === undefined || bearer === '' ? {} : { authorization: `Bearer ${bearer}` };
    const response = await fetch(url, {
      method,
      headers: { ...authorization, ...headers },
      body,
      signal: aborting.signal,
    });
    tell({ id, status: response.status, headers: Object.fromEntries(response.headers) });
    for await (const chunk of response.body ?? []) tell({ id, chunk: Buffer.from(chunk).toString('base64') });
    tell({ id, end: true });
  } catch (error) {
    tell({ id, error: error.cause?.code ?? error.name });
  } finally {
    underWay.delete(id);
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (message.abort) underWay.get(message.id)?.abort();
  else void call(message);
});
tell({ ready: true });
