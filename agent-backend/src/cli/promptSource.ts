/** Where a story's prompt comes from. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { maxPromptCharacters } from '@story-tasks/contracts';
import { FileError, UsageError } from './errors.ts';

export interface PromptOptions {
  readonly prompt?: string;
  /** `-` is stdin. */
  readonly file?: string;
}

/**
 * @param source the positional argument: `-` or nothing
 * @throws UsageError unless there is exactly one source; FileError when it cannot be read
 */
export async function readPrompt(source: string | undefined, options: PromptOptions, stdin: Readable): Promise<string> {
  const given = [source, options.prompt, options.file].filter((place) => place !== undefined);
  if (given.length !== 1 || (source !== undefined && source !== '-')) {
    throw new UsageError('Give the prompt in one way: --prompt TEXT, --file PATH, or - for stdin.');
  }
  if (options.prompt !== undefined) return options.prompt;
  const path = source ?? options.file ?? '-';
  return path === '-' ? readText(stdin, 'stdin') : readText(createReadStream(path), path);
}

/** UTF-8 takes at most four bytes a character: what is longer cannot be a prompt, and is not read to its end. */
const maxBytes = 4 * maxPromptCharacters;

async function readText(stream: Readable, name: string): Promise<string> {
  const bytes = await readBytes(stream, name);
  const text = decoded(bytes);
  if (text === undefined) throw new FileError(`${name} is not text in UTF-8.`);
  return text;
}

async function readBytes(stream: Readable, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > maxBytes) break;
    }
  } catch (error) {
    throw new FileError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}).`);
  }
  if (length > maxBytes) throw new FileError(`${name} is longer than ${maxPromptCharacters} characters.`);
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
