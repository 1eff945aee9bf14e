/** A task's events in memory, and a count of how often they were read. */
import { randomUUID } from 'node:crypto';
import type { TaskEvent, TaskStatus } from '@story-tasks/contracts';
import { StoreUnavailableError, TaskNotFoundError } from '@story-tasks/supabase';
import type { EventSource } from '../eventFeed.ts';

export class MemorySource implements EventSource {
  readonly taskId: string = randomUUID();
  readonly events: TaskEvent[] = [];
  status: TaskStatus = 'running';
  taskReads = 0;
  eventReads = 0;
  away = false;

  /** Appends events; the last one ends the task when a status is given. */
  tell(count: number, end?: 'succeeded'): void {
    for (let n = 0; n < count; n += 1) {
      const status = end !== undefined && n === count - 1 ? end : null;
      this.events.push(eventOf(this.events.length + 1, status));
    }
    this.status = end ?? this.status;
  }

  async getTask(taskId: string) {
    this.taskReads += 1;
    if (this.away) throw new StoreUnavailableError('read a task');
    if (taskId !== this.taskId) throw new TaskNotFoundError(taskId);
    return { lastSeq: this.events.length, status: this.status };
  }

  async listEventsAfter(_taskId: string, after: number, limit: number): Promise<TaskEvent[]> {
    this.eventReads += 1;
    if (this.away) throw new StoreUnavailableError('read events');
    return this.events.slice(after, after + limit);
  }
}

function eventOf(seq: number, status: TaskStatus | null): TaskEvent {
  return {
    id: randomUUID(),
    seq,
    eventType: 'info',
    status,
    message: 'x'.repeat(1_000),
    payload: null,
    progressOverride: null,
    createdAt: '2026-11-22T05:00:00.000Z',
  };
}
