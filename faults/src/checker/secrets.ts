/** I7: a planted secret never shows. */
import type { Check } from './observation.ts';

export const noSecretShows: Check = ({ texts, secrets }) =>
  Object.entries(secrets).flatMap(([name, secret]) =>
    texts.filter(({ text }) => text.includes(secret)).map(({ where }) => ({ told: `the ${name} shows in ${where}` })),
  );
