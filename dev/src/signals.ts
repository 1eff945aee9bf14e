/**
 * Aborts with the first signal that asks this process to end, and says so; a second one ends it at once. Its reason is an
 * Error that names the signal.
 */
export function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      console.error('stopping …');
      controller.abort(new Error(`Stopped by ${signal}.`));
    });
  }
  return controller.signal;
}

/** Rejects with the signal's reason when it aborts. */
export function rejection(signal: AbortSignal): Promise<never> {
  const rejected = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  rejected.catch(() => undefined);
  return rejected;
}
