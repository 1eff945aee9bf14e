/** Counts what the API does to tasks, as its repository tells it. */
import { operationNames, type TaskRecord } from '@story-tasks/contracts';
import { countTaskEnds, type Metrics } from '@story-tasks/runtime';
import type { TaskChange } from '@story-tasks/supabase';

export function countTasks(metrics: Metrics): (change: TaskChange, task: TaskRecord) => void {
  const created = metrics.counter('story_tasks_created_total');
  for (const operation of operationNames) created.inc({ operation }, 0);
  const ends = countTaskEnds(metrics);
  return (change, task) => {
    if (change === 'created') created.inc({ operation: task.operation });
    if (change === 'ended') ends.ended(task);
  };
}
