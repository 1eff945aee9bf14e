import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPrompt } from './promptSource.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'story-tasks-prompt-'));
});
afterAll(() => rm(dir, { recursive: true }));

const stdin = (...chunks: (string | Buffer)[]) => Readable.from(chunks);

describe('a prompt', () => {
  test('comes from the option, from stdin or from a file', async () => {
    const file = join(dir, 'premise.md');
    await writeFile(file, '\ufeffEin Märchen');
    expect(await readPrompt(undefined, { prompt: 'A door.' }, stdin())).toBe('A door.');
    expect(await readPrompt('-', {}, stdin('A ', 'pipe.'))).toBe('A pipe.');
    expect(await readPrompt(undefined, { file: '-' }, stdin('A pipe.'))).toBe('A pipe.');
    expect(await readPrompt(undefined, { file }, stdin())).toBe('Ein Märchen');
  });

  test('may be cut anywhere by the pipe it comes through', async () => {
    const bytes = Buffer.from('灯台');
    expect(await readPrompt('-', {}, stdin(bytes.subarray(0, 2), bytes.subarray(2)))).toBe('灯台');
  });

  test.each([
    ['nothing', undefined, {}],
    ['two sources', '-', { prompt: 'x' }],
    ['a bare word', 'word', {}],
  ])('from %s is refused with what to give', async (_, source, options) => {
    await expect(readPrompt(source, options, stdin('x'))).rejects.toMatchObject({ code: 'CLI_USAGE' });
  });

  test.each([
    ['bytes that are no text', Buffer.from([0xff, 0xfe]), /UTF-8/],
    ['a NUL', Buffer.from('a\u0000b'), /UTF-8/],
    ['more than any prompt', Buffer.alloc(200_001, 'x'), /longer than 50000/],
  ])('of %s is refused without a word of it', async (_, bytes, message) => {
    const refused = readPrompt('-', {}, stdin(bytes));
    await expect(refused).rejects.toMatchObject({ code: 'CLI_FILE', message: expect.stringMatching(message) });
  });

  test('of a file that is not there says which', async () => {
    const file = join(dir, 'none');
    await expect(readPrompt(undefined, { file }, stdin())).rejects.toThrow(`${file} cannot be read (ENOENT).`);
    await expect(readPrompt(undefined, { file: dir }, stdin())).rejects.toThrow('(EISDIR)');
  });
});
