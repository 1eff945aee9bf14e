/** The client of Story Tasks: create, watch and cancel long story work over its HTTP API. */
export type {
  CreateTaskInput,
  GetTaskAnswer,
  ListTasksAnswer,
  Operation,
  Problem,
  Story,
  Task,
  TaskEvent,
  TaskStatus,
  WorkflowTask,
} from '@story-tasks/contracts';
export { isTerminal, operationNames, taskStatuses, workflowTasks } from '@story-tasks/contracts';
export { type CancelAnswer, createClient, StoryTasksClient, type TaskFilters } from './client.ts';
export { ClientUsageError, StoryTasksConnectionError, StoryTasksError, UnexpectedAnswerError } from './errors.ts';
export type { CallOptions, ClientSettings } from './http.ts';
export type { WatchOptions } from './watch/taskWatch.ts';
