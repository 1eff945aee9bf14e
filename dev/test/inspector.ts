/** Blocks the event loop of a running process, through its debugger: as a long computation does. */
import { once } from 'node:events';
import type { Part } from './parts.ts';

/** For the interpreter of a process whose loop is to be blocked. */
export const inspectable = ['--inspect=127.0.0.1:0'];

/** @returns when the loop is free again */
export async function blockEventLoop(part: Part, milliseconds: number): Promise<void> {
  const [url] = /ws:\/\/\S+/.exec(await part.log()) ?? [];
  if (url === undefined) throw new Error('The process tells of no debugger.');
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const wait = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${milliseconds})`;
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: wait } }));
  await once(socket, 'message');
  socket.close();
}
