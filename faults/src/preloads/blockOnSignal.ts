/** Loaded before a process's own code: SIGUSR2 blocks its event loop for FAULT_BLOCK_MS, as a runaway computation does. */
process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env['FAULT_BLOCK_MS']));
});
