import { expect, test } from 'vitest';
import { z } from 'zod';
import { operationNames, operations } from './operations.ts';

test('each option that takes an id is told as one that names a story, so that nobody has another person’s story read', () => {
  for (const name of operationNames) {
    const { properties = {} } = z.toJSONSchema(operations[name].options, { io: 'input' });
    const ids = Object.entries(properties).filter(([, shape]) => JSON.stringify(shape).includes('"format":"uuid"'));
    expect([name, operations[name].storyOptions]).toEqual([name, ids.map(([option]) => option)]);
  }
  expect(operations.RUN_WORKFLOW_TASK.storyOptions).toHaveLength(1);
});
