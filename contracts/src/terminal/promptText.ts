/** A prompt read from a file or from stdin. */
import type { Readable } from 'node:stream';
import { maxPromptCharacters } from '../api.ts';

/** UTF-8 takes at most four bytes a character: what is longer cannot be a prompt, and is not read to its end. */
const maxBytes = 4 * maxPromptCharacters;

/**
 * @param name of the stream, in an error
 * @param fault makes the error of a sentence
 * @throws what `fault` makes, when it cannot be read, is too long or is no text
 */
export async function readPromptText(
  stream: Readable,
  name: string,
  fault: (message: string) => Error,
): Promise<string> {
  const text = decoded(await readBytes(stream, name, fault));
  if (text === undefined) throw fault(`${name} is not text in UTF-8.`);
  return text;
}

async function readBytes(stream: Readable, name: string, fault: (message: string) => Error): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > maxBytes) break;
    }
  } catch (error) {
    throw fault(`${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}).`);
  }
  if (length > maxBytes) throw fault(`${name} is longer than ${maxPromptCharacters} characters.`);
  return Buffer.concat(chunks);
}

function decoded(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // Postgres stores no NUL, and no prompt has one.
    return text.includes('\u0000') ? undefined : text;
  } catch {
    return undefined;
  }
}
