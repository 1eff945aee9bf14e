/**
 * The storyteller that asks no model: it reads the prompt for people, places, things and mood, and tells one of a few
 * plots with them. The same input always gives the same output, and nothing leaves the process.
 */
import type { Step, StepInputs, StepOutputs } from '../llm/gateway.ts';
import { writeConstitution } from './writeConstitution.ts';
import { writeAudioDesign, writeVisualDesign } from './writeDesigns.ts';
import { writeOutline } from './writeOutline.ts';
import { writeScenelet } from './writeScenelet.ts';
import { writeShotList } from './writeShotList.ts';

const writers: { [S in Step]: (input: StepInputs[S]) => StepOutputs[S] } = {
  constitution: writeConstitution,
  outline: writeOutline,
  scenelet: writeScenelet,
  visualDesign: writeVisualDesign,
  audioDesign: writeAudioDesign,
  shotList: writeShotList,
};

/**
 * Writes one step's document.
 * @returns a document that its step's schema accepts, for any prompt in any language
 */
export function writeOffline<S extends Step>(step: S, input: StepInputs[S]): StepOutputs[S] {
  return writers[step](input);
}
