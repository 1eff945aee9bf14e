/** A task watched to its end. Ctrl-C stops the watching, and not the task. */

import type { Context } from './context.ts';
import { InterruptedError, TaskNotSucceededError } from './errors.ts';
import { createProgress } from './progress.ts';
import { figuresOf, tookOf } from './taskView.ts';

/** @throws TaskNotSucceededError, after the task has been told with --json; InterruptedError */
export async function followTask(context: Context, taskId: string): Promise<void> {
  const { out, client, signal } = context;
  await showEvents(context, taskId);
  const { task } = await client().get(taskId, { limit: 1, signal });
  const succeeded = task.status === 'succeeded';
  const figures = succeeded ? [figuresOf(task)].filter(Boolean) : [];
  out.result({ task }, () => figures);
  if (!succeeded) throw new TaskNotSucceededError(task);
  out.note(`Succeeded in ${tookOf(task)}, ${task.inputTokens} + ${task.outputTokens} tokens.`);
}

async function showEvents({ host, out, client, signal }: Context, taskId: string): Promise<void> {
  const progress = createProgress(host, out.json);
  const onTrouble = ({ message }: Error) => progress.say(`${message} Trying again.`);
  try {
    for await (const event of client().watch(taskId, { signal, onTrouble })) progress.event(event);
  } catch (error) {
    progress.end();
    if (error instanceof InterruptedError) {
      throw new InterruptedError(`Stopped watching; the task goes on. To stop it: story-tasks cancel ${taskId}`);
    }
    throw error;
  }
  progress.end();
}
