import { stripVTControlCharacters } from 'node:util';
import type { TaskEvent } from '@story-tasks/contracts';
import { expect, test } from 'vitest';
import { barLine, stateAfter, type TaskState } from './liveView.ts';

const state = (progress: number, message: string): TaskState => ({ status: 'running', progress, message });

test('a line shows the label, a bar as full as the task, its percentage and its latest event', () => {
  const line = stripVTControlCharacters(barLine('Shot list', state(50, 'Shot list 6 of 12 made'), 120));
  expect(line).toBe(`${'Shot list'.padEnd(28)} ${'█'.repeat(12)}${'░'.repeat(12)}  50%  Shot list 6 of 12 made`);
});

test('a line is never wider than the terminal, which would break the view', () => {
  const line = stripVTControlCharacters(barLine('Shot list', state(7, 'x'.repeat(300)), 80));
  expect(line.length).toBeLessThanOrEqual(80);
});

test('an event that says nothing of status or progress leaves them as they were', () => {
  const told = { status: null, progressOverride: null, message: 'a word' } as TaskEvent;
  expect(stateAfter(state(40, 'before'), told)).toEqual(state(40, 'a word'));
  const end = { ...told, status: 'succeeded', progressOverride: 100 } as TaskEvent;
  expect(stateAfter(state(40, 'before'), end)).toEqual({ status: 'succeeded', progress: 100, message: 'a word' });
});
