import { runProcess } from '@story-tasks/runtime';
import { startOperator } from './operator.ts';
import { operatorSettings } from './settings.ts';

const code = await runProcess({
  name: 'operator',
  settings: operatorSettings,
  start: startOperator,
  // A tick under way is bounded by the store's and the lanes' own limits.
  stopWithinMs: () => 10_000,
});
process.exit(code);
