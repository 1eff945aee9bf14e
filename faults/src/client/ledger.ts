/** What a client was told: the ground on which a lost promise is judged. */
import type { Operation } from '@story-tasks/contracts';

export interface Story {
  readonly id: string;
  /** Its name, which every prompt of the story carries. */
  readonly mark: string;
}

export interface Wanted {
  readonly operation: Operation;
  readonly storyId: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly attempts?: number;
  readonly autoStart?: boolean;
}

/** One call and what came of it; status 0: no answer. Times by this process's clock, in milliseconds. */
export interface Answered {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly status: number;
  readonly taskId: string | null;
  readonly code: string | null;
}

export interface CreateCall extends Answered {
  /** Of an idempotent create; null for a retry, which has none. */
  readonly key: string | null;
}

interface CancelCall extends Answered {
  readonly taskId: string;
}

export interface Ledger {
  readonly stories: Story[];
  readonly creates: CreateCall[];
  readonly cancels: CancelCall[];
  /** Every body that came back. */
  readonly texts: string[];
}

export const newLedger = (): Ledger => ({ stories: [], creates: [], cancels: [], texts: [] });

export const acknowledged = ({ status }: Answered): boolean => status === 200 || status === 201;
