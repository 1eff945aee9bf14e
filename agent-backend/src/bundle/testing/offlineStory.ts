/** A story as the offline storyteller writes it, every document of it, from a prompt alone. */
import type { Provenance, Stored, StoryScenelet, StoryWork } from '../../documents/documents.ts';
import { writeOffline } from '../../offline/writeOffline.ts';

const provenance: Provenance = {
  provider: 'offline',
  model: 'offline',
  offline: true,
  taskId: '0b6f8f7e-2f0c-4a55-9d0e-000000000002',
};
const stored = <T>(document: T): Stored<T> => ({ ...document, provenance });

export function offlineStory(displayName: string, initialPrompt: string): StoryWork {
  const constitution = writeOffline('constitution', { displayName, initialPrompt, revision: 0 });
  const outline = writeOffline('outline', { constitution });
  const visualDesign = writeOffline('visualDesign', { constitution });
  const scenelets = outline.nodes.map((node, at): StoryScenelet => {
    const scenelet = writeOffline('scenelet', { constitution, outline, node, path: [] });
    const shotList = writeOffline('shotList', { constitution, visualDesign, node, scenelet });
    const id = `00000000-0000-4000-8000-00000000${String(at + 1000)}`;
    const place = { id, key: node.key, parentId: null, choiceLabelFromParent: null };
    return { ...place, content: stored(scenelet), shotList: stored(shotList) };
  });
  return {
    id: '7c1de2a4-93f5-4f36-8a7b-2f6f0c1d7e02',
    displayName,
    initialPrompt,
    constitution: stored(constitution),
    outline: stored(outline),
    visualDesign: stored(visualDesign),
    audioDesign: stored(writeOffline('audioDesign', { constitution })),
    scenelets,
  };
}
