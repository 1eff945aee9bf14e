import { settled } from '@story-tasks/contracts/test';
import { beforeEach, expect, test } from 'vitest';
import { bounded } from './bounded.ts';

let asked: string[];
let owed: Map<string, PromiseWithResolvers<string>>;
let ask: (about: string) => Promise<string>;
beforeEach(() => {
  asked = [];
  owed = new Map();
  const answer = (about: string) => {
    asked.push(about);
    const answered = Promise.withResolvers<string>();
    owed.set(about, answered);
    return answered.promise;
  };
  ask = bounded(answer, { atOnce: 2, waiting: 1 }, () => new Error('full'));
});

test('so many are asked at once, the next waits, and whoever comes after that is refused at once', async () => {
  const [, , waiting] = ['a', 'b', 'c'].map(ask);
  await expect(ask('d')).rejects.toThrow('full');
  expect(asked).toEqual(['a', 'b']);
  owed.get('a')?.resolve('');
  await settled();
  expect(asked).toEqual(['a', 'b', 'c']);
  owed.get('c')?.resolve('answer');
  expect(await waiting).toBe('answer');
});

test('a question that fails gives its place back, and its own error is told', async () => {
  const failing = ['a', 'b', 'c'].map((about) => expect(ask(about)).rejects.toThrow('away'));
  for (const about of ['a', 'b', 'c']) {
    await settled();
    owed.get(about)?.reject(new Error('away'));
  }
  await Promise.all(failing);
  void ['e', 'f'].map(ask);
  await settled();
  expect(asked).toEqual(['a', 'b', 'c', 'e', 'f']);
});
