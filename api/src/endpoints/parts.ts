/** Shapes that several endpoints take. */
import { z } from 'zod';

export const idParams = z.object({ id: z.guid('must be a uuid') });
export const noQuery = z.strictObject({});
/** A GET has no body; Express leaves it undefined. */
export const noBody = z.unknown();
/** A POST that needs nothing may still come with an empty object. */
export const noInput = z.strictObject({}).optional();
