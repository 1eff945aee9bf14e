/** Where a page of tasks begins, as clients carry it: opaque, so that what is inside may change. */
import type { TaskPosition } from '@story-tasks/supabase';
import { z } from 'zod';
import { RequestInvalidError } from '../errors.ts';

const inside = z.tuple([z.int().min(0), z.guid()]);

export function cursorOf({ createdAtMicros, id }: TaskPosition): string {
  return Buffer.from(JSON.stringify([createdAtMicros, id])).toString('base64url');
}

/** @throws RequestInvalidError when it was not made by `cursorOf` */
export function positionOf(cursor: string): TaskPosition {
  const parsed = inside.safeParse(jsonOrNull(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) {
    throw new RequestInvalidError([{ path: 'cursor', message: 'must be the nextCursor of a page' }]);
  }
  const [createdAtMicros, id] = parsed.data;
  return { createdAtMicros, id };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
