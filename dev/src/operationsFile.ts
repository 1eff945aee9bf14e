/** The settings of operations on one machine: a file that a person edits while everything runs. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const example = `# Settings of operations. A change applies within two seconds, to all processes, without a restart; runs under way go on as
# they began. What is left out falls back to WORKER_CONCURRENCY, then to the default. A document that does not fit is refused
# whole, and the last good one stays: the logs say why.
#
# RUN_WORKFLOW_TASK:            # also: REGENERATE_CONSTITUTION, BUILD_PLAYER_BUNDLE
#   concurrency: 1              # runs at once in one worker
#   globalConcurrency: 20       # over all workers; left out: no limit
#   attempts: 1                 # 3: a task that fails retryably is tried twice more (of tasks that are made from now on)
#   timeoutSeconds: 1800        # a run that takes longer fails with TIMEOUT
#   rateLimit: { max: 60, perSeconds: 60 }   # starts per period over all workers; left out: no limit
#   paused: false               # true: nothing of this operation is begun until it is false again
`;

/** Made once, and then the person's own. @returns its path */
export async function prepareOperationsFile(stateDir: string): Promise<string> {
  const file = join(stateDir, 'operations.yaml');
  await writeFile(file, example, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return file;
}
