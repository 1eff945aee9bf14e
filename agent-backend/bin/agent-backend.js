#!/usr/bin/env node
// In JavaScript as old as it gets: a Node that cannot run the CLI must still be able to say so.
const oldest = 24;
if (Number.parseInt(process.versions.node, 10) < oldest) {
  console.error(
    `error: agent-backend needs Node ${oldest} or later, and this is Node ${process.versions.node}. ` +
      'Inside the repository `npx --no -- agent-backend` finds the right one.',
  );
  process.exit(2);
}
await import('../src/cli/main.ts');
