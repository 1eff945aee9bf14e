/** `make dev`: the services, kept up until Ctrl-C. */

import { startServices } from './services.ts';
import { devSettings } from './settings.ts';
import { untilSignal } from './signals.ts';

try {
  const signalled = untilSignal();
  const services = await startServices(devSettings(), (line) => console.error(`  ${line}`));
  console.error(`  logs           ${services.logs}`);
  console.error(`  agent-backend  in another terminal: . ${services.environmentFile}\n`);
  console.log(`ready ${services.apiUrl}`);
  try {
    await Promise.race([signalled, services.failure]);
  } finally {
    console.error('stopping …');
    await services.stop();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
