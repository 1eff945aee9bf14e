/** Input is checked before it is sent: an error then names the field, whatever the gateway would have said. */
import { fieldErrors } from '@story-tasks/contracts';
import { z } from 'zod';
import { ValidationError } from './errors.ts';

export const idSchema = z.guid('must be a uuid');

/** @throws ValidationError naming every fault */
export function validated<S extends z.ZodType>(schema: S, input: unknown, path = ''): z.output<S> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new ValidationError(fieldErrors(parsed.error, path));
  return parsed.data;
}
