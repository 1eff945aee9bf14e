/** Where a story's prompt comes from. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { readPromptText } from '@story-tasks/contracts/terminal';
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
  return path === '-' ? readPromptText(stdin, 'stdin', fault) : readPromptText(createReadStream(path), path, fault);
}

const fault = (message: string) => new FileError(message);
