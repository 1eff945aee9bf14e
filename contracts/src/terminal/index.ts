/** What the command lines of this repository share: how they speak to people, to scripts, and safely to a terminal. */
export { eventLines } from './eventLines.ts';
export type { Host, Screen } from './host.ts';
export { type ErrorIds, Output } from './output.ts';
export { readPromptText } from './promptText.ts';
export * from './text.ts';
export { usageSentence } from './usageSentence.ts';
