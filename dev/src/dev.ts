/** `make dev`: the services, kept up until Ctrl-C. */
import { startServices } from './services.ts';
import { devSettings } from './settings.ts';
import { rejection, untilSignal } from './signals.ts';

const signal = untilSignal();
try {
  const services = await startServices(devSettings(), (line) => console.error(`  ${line}`), signal);
  console.error(`  logs           ${services.logs}`);
  console.error(`  settings       ${services.operationsFile} (edit it while all runs)`);
  for (const [part, url] of Object.entries(services.opsUrls()))
    console.error(`  metrics        ${part} ${url}/metrics`);
  console.error(`  agent-backend  in another terminal: . ${services.environmentFile}\n`);
  console.log(`ready ${services.apiUrl}`);
  try {
    await Promise.race([rejection(signal), services.failure]);
  } finally {
    await services.stop();
  }
} catch (error) {
  // Being told to stop is how this ends well.
  if (!signal.aborted) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
