import { runProcess } from '@story-tasks/runtime';
import { startWorker, workerSettings } from './worker.ts';

const code = await runProcess({
  name: 'worker',
  settings: workerSettings,
  start: startWorker,
  // Beyond the drain: time for the runs' ends to be written.
  stopWithinMs: ({ DRAIN_SECONDS }) => DRAIN_SECONDS * 1_000 + 4_000,
});
process.exit(code);
