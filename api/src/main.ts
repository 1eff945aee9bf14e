import { runProcess } from '@story-tasks/runtime';
import { apiSettings, startApi } from './api.ts';

const code = await runProcess({
  name: 'api',
  settings: apiSettings,
  start: startApi,
  // Requests under way are bounded by the store's and the lanes' own limits.
  stopWithinMs: ({ LINGER_SECONDS }) => LINGER_SECONDS * 1_000 + 10_000,
});
process.exit(code);
