import { describe, expect, test } from 'vitest';
import type { StoryWork } from '../documents/documents.ts';
import type { ReportedEvent, RunContext } from '../runContext.ts';
import { runPlayerBundleTask } from './runPlayerBundleTask.ts';
import { lanternStory } from './testing/lanternStory.ts';

const storyId = '5f0e3b1a-7f54-4a8e-9a43-2f6f0c1d7e01';
const taskId = '0b6f8f7e-2f0c-4a55-9d0e-0000000000aa';
const unused = () => Promise.reject(new Error('A bundle run has no use for this.'));

/** A run that writes down what it is asked to do; `onCheckpoint` is told how many there have been. */
function run(work: StoryWork, onCheckpoint: (count: number) => void = () => {}) {
  const events: ReportedEvent[] = [];
  const files = new Map<string, string>();
  const notes: string[] = [];
  const controller = new AbortController();
  let checkpoints = 0;
  const context: RunContext = {
    taskId,
    storyId,
    signal: controller.signal,
    llm: { provider: 'none', model: 'none', offline: true, generate: unused },
    work: {
      load: async () => work,
      saveDocument: unused,
      saveScenelet: unused,
      saveShotList: unused,
      saveBundlePath: async (story, path) => void notes.push(`${story} ${path}`),
    },
    bundles: {
      async put(name, html) {
        files.set(name, html);
        return { bundlePath: `/bundles/${name}` };
      },
      get: unused,
    },
    report: (event) => void events.push(event),
    checkpoint: async () => onCheckpoint(++checkpoints),
    addUsage: () => {},
  };
  return { events, files, notes, controller, result: () => runPlayerBundleTask(context, {}) };
}

describe('a bundle run', () => {
  test('renders the story, stores it under story and task, and notes where it is', async () => {
    const { files, notes, result } = run(lanternStory());
    const answer = await result();
    const bundlePath = `/bundles/${storyId}/${taskId}.html`;
    expect(answer).toMatchObject({ bundlePath, scenelets: 9, endings: 3 });
    expect(answer['bytes']).toBe(Buffer.byteLength(files.get(`${storyId}/${taskId}.html`) ?? ''));
    expect(notes).toEqual([`${storyId} ${bundlePath}`]);
  });

  test('tells of its phases with a progress that only grows, and ends with the bundle’s path', async () => {
    const { events, result } = run(lanternStory());
    await result();
    const progress = events.map((event) => event.progress ?? -1);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(events.map((event) => event.message)).toEqual([
      'Loading the story.',
      'Rendering the player.',
      'Storing the bundle.',
      'The player bundle is ready.',
    ]);
    expect(events.at(-1)).toMatchObject({
      progress: 100,
      persisted: true,
      payload: { bundlePath: `/bundles/${storyId}/${taskId}.html` },
    });
  });

  test('a second run of the same task replaces the same file', async () => {
    const { files, result } = run(lanternStory());
    await result();
    await result();
    expect(files.size).toBe(1);
  });

  test('a story that is not written yet ends the run, and stores nothing', async () => {
    const { files, notes, result } = run({ ...lanternStory(), outline: null });
    await expect(result()).rejects.toMatchObject({ code: 'PREREQUISITE_MISSING' });
    expect([files.size, notes.length]).toEqual([0, 0]);
  });

  test.each([1, 2, 3])('a run that is refused at checkpoint %i stores nothing', async (refused) => {
    const reason = new Error('cancelled');
    const { files, result } = run(lanternStory(), (count) => {
      if (count === refused) throw reason;
    });
    await expect(result()).rejects.toBe(reason);
    expect(files.size).toBe(0);
  });

  test('a run that is aborted between two phases ends with the reason it was aborted for', async () => {
    const { files, controller, result } = run(lanternStory());
    controller.abort(new Error('shutting down'));
    await expect(result()).rejects.toThrow('shutting down');
    expect(files.size).toBe(0);
  });
});
