import { stripVTControlCharacters } from 'node:util';
import type { GetTaskAnswer } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { barLine } from './liveView.ts';

const answer = (progress: number, message: string) =>
  ({ task: { status: 'running', progress }, events: [{ message }] }) as GetTaskAnswer;

test('a line shows the label, a bar as full as the task, its percentage and its latest event', () => {
  const line = stripVTControlCharacters(barLine('Shot list', answer(50, 'Shot list 6 of 12 made'), 120));
  expect(line).toBe(`${'Shot list'.padEnd(28)} ${'█'.repeat(12)}${'░'.repeat(12)}  50%  Shot list 6 of 12 made`);
});

test('a line is never wider than the terminal, which would break the view', () => {
  const line = stripVTControlCharacters(barLine('Shot list', answer(7, 'x'.repeat(300)), 80));
  expect(line.length).toBeLessThanOrEqual(80);
});
