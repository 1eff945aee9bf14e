/** BUILD_PLAYER_BUNDLE: the story as it stands becomes a file that plays by itself. No model is asked. */
import type { StoryWork } from '../documents/documents.ts';
import type { RunContext, Runner } from '../runContext.ts';
import { renderBundle } from './renderBundle.ts';

interface BundleResult extends Record<string, unknown> {
  readonly bundlePath: string;
  /** Of the file, in UTF-8. */
  readonly bytes: number;
  readonly scenelets: number;
  readonly endings: number;
}

/**
 * Loads the story, renders it, stores it and notes where. A second run of the same task replaces the same file.
 *
 * @throws PrerequisiteMissingError when the story is not written yet; what the stores throw; the signal's reason
 */
export const runPlayerBundleTask: Runner<'BUILD_PLAYER_BUNDLE'> = async (context) => {
  await announce(context, 'Loading the story.', 10);
  const work = await context.work.load(context.storyId);
  await announce(context, 'Rendering the player.', 40);
  const html = renderBundle(work);
  await announce(context, 'Storing the bundle.', 70);
  const bundlePath = await store(context, html);
  const result = summary(work, html, bundlePath);
  context.report({ message: 'The player bundle is ready.', progress: 100, persisted: true, payload: result });
  return result;
};

/** Says what comes next, and does not begin it when the run has been cancelled meanwhile. */
async function announce(context: RunContext, message: string, progress: number): Promise<void> {
  context.report({ message, progress });
  await context.checkpoint();
  context.signal.throwIfAborted();
}

async function store({ bundles, work, storyId, taskId, signal }: RunContext, html: string): Promise<string> {
  const { bundlePath } = await bundles.put(`${storyId}/${taskId}.html`, html, signal);
  signal.throwIfAborted();
  await work.saveBundlePath(storyId, bundlePath);
  return bundlePath;
}

function summary(work: StoryWork, html: string, bundlePath: string): BundleResult {
  const nodes = work.outline?.nodes ?? [];
  return {
    bundlePath,
    bytes: Buffer.byteLength(html, 'utf8'),
    scenelets: nodes.length,
    endings: new Set(nodes.flatMap((node) => node.ending ?? [])).size,
  };
}
