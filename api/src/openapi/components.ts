/** What the document tells once: zod schemas that have an id, and refusals that several calls share. */
import { z } from 'zod';

export type Json = Readonly<Record<string, unknown>>;

export class Components {
  readonly schemas: Record<string, Json> = {};
  readonly responses: Record<string, Json> = {};

  /** What a client sends. */
  input(schema: z.ZodType): Json {
    return this.#told(schema, 'input');
  }

  /** What a client gets. */
  output(schema: z.ZodType): Json {
    return this.#told(schema, 'output');
  }

  /** @param name says all of the response, so that equal names mean equal responses */
  response(name: string, response: Json): Json {
    this.responses[name] = response;
    return { $ref: `#/components/responses/${name}` };
  }

  #told(schema: z.ZodType, io: 'input' | 'output'): Json {
    // Only inside another schema does one with an id become a definition of its own.
    const { properties, $defs = {} } = located(
      z.toJSONSchema(z.object({ schema }), { io, override: ({ jsonSchema }) => readable(jsonSchema, io) }),
    );
    Object.assign(this.schemas, $defs);
    return properties['schema'] ?? {};
  }
}

interface Told {
  readonly properties: Readonly<Record<string, Json>>;
  readonly $defs?: Readonly<Record<string, Json>>;
}

function located(told: unknown): Told {
  return JSON.parse(JSON.stringify(told).replaceAll('"#/$defs/', '"#/components/schemas/')) as Told;
}

/** Leaves out what says nothing more; and what would forbid an answer to gain a field, which is no break. */
function readable(schema: Record<string, unknown>, io: 'input' | 'output'): void {
  if (schema['format'] !== undefined) delete schema['pattern'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if ((schema['propertyNames'] as Json | undefined)?.['type'] === 'string') delete schema['propertyNames'];
  if (io === 'output' && schema['additionalProperties'] === false) delete schema['additionalProperties'];
}
