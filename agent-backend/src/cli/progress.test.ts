import { fakeHost, VirtualClock } from '@story-tasks/contracts/test';
import { describe, expect, test } from 'vitest';
import { createProgress } from './progress.ts';

describe('on a terminal', () => {
  test('the time goes on between events, and nothing is left at the end', async () => {
    const [host, clock] = [fakeHost({ columns: 80 }), new VirtualClock()];
    const progress = createProgress(host, false, clock);
    progress.event({ message: 'Planning', progress: 10 });
    await clock.pass(3_000);
    expect(host.written('stderr')).toMatch(/10 % {2}0:03 {2}Planning$/);
    progress.end();
    expect(host.written('stderr').endsWith('\r\u001b[2K')).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  test('a line that is to stay goes above the living one', () => {
    const host = fakeHost({ columns: 80 });
    const progress = createProgress(host, false, new VirtualClock());
    progress.event({ message: 'Planning', progress: 10 });
    progress.say('Cancelling.');
    expect(host.written('stderr')).toMatch(/Planning\r.\[2KCancelling\.\n\r.\[2K█+.* Planning$/);
  });

  test('a title cannot move the cursor', () => {
    const host = fakeHost({ columns: 80 });
    createProgress(host, false, new VirtualClock()).event({ message: 'Title \u001b[2Jforged\nline' });
    expect(host.written('stderr')).toMatch(/Title forged line$/);
  });
});

describe('elsewhere', () => {
  test('each event is a line, and the percentage never falls', async () => {
    const [host, clock] = [fakeHost(), new VirtualClock()];
    const progress = createProgress(host, false, clock);
    progress.event({ message: 'Planning', progress: 10 });
    await clock.pass(65_000);
    progress.event({ message: 'A word' });
    progress.end();
    expect(host.written('stderr')).toBe('0:00   10 %  Planning\n1:05   10 %  A word\n');
  });

  test('a dumb terminal is no terminal', () => {
    const host = fakeHost({ columns: 80, env: { TERM: 'dumb' } });
    createProgress(host, false, new VirtualClock()).event({ message: 'Planning', progress: 10 });
    expect(host.written('stderr')).toBe('0:00   10 %  Planning\n');
  });

  test('--json has none', () => {
    const host = fakeHost({ columns: 80 });
    createProgress(host, true, new VirtualClock()).event({ message: 'Planning', progress: 10 });
    expect(host.written('stderr')).toBe('');
  });
});
