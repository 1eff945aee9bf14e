#!/usr/bin/env node
// In JavaScript as old as it gets: a Node that cannot run the CLI must still be able to say so.
import { existsSync } from 'node:fs';

// In the repository the source is run as it is; a published package has only what was built of it.
const source = new URL('../src/cli/main.ts', import.meta.url);
const fromSource = existsSync(source);
const oldest = fromSource ? 24 : 22;
if (Number.parseInt(process.versions.node, 10) < oldest) {
  console.error(
    `error: story-tasks needs Node ${oldest} or later, and this is Node ${process.versions.node}.` +
      (fromSource ? ' Inside the repository `npx --no -- story-tasks` finds the right one.' : ''),
  );
  process.exit(2);
}
await import(fromSource ? source.href : '../dist/cli/main.js');
