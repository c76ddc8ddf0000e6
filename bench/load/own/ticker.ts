/** A clock that calls back more often, and closer to the time, than the timers of Node, which know whole milliseconds. */
import { Worker } from 'node:worker_threads';

/** Sleeps on a thread of its own, where it may. When it is late it leaves ticks out: who is called looks at the time. */
const SLEEPER = `
const { parentPort, workerData } = require('node:worker_threads');
const cell = new Int32Array(new SharedArrayBuffer(4));
const began = performance.now();
for (let tick = 1; ; tick++) {
  const left = began + tick * workerData.stepMs - performance.now();
  if (left > 0) Atomics.wait(cell, 0, 0, left);
  else tick -= Math.floor(left / workerData.stepMs);
  parentPort.postMessage(null);
}`;

/** Calls back every `stepMs` until the function that it gives is called. */
export function tick(stepMs: number, onTick: () => void): () => void {
  const sleeper = new Worker(SLEEPER, { eval: true, workerData: { stepMs } });
  sleeper.on('message', onTick);
  return () => void sleeper.terminate();
}
