/**
 * Tests whose bodies run in threads of their own. `node:test` follows every promise of its own thread with async hooks,
 * which makes a simulation of a million of them three times as slow.
 */
import { test } from 'node:test';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** As `test`, for the file whose `import.meta.url` is given: its thread loads that file again and runs this body alone. */
export function testInOwnThread(file: string, name: string, body: () => Promise<void>): void {
  if (isMainThread) test(name, () => inThread(file, name));
  // What it throws ends the thread, and is the error that the test gets.
  else if ((workerData as { readonly name?: string } | null)?.name === name) void body().then(tellDone);
}

function tellDone(): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  parentPort?.postMessage('done');
}

function inThread(file: string, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let isDone = false;
    const worker = new Worker(new URL(file), { workerData: { name } });
    worker.once('message', () => (isDone = true));
    worker.once('error', reject);
    worker.once('exit', () => (isDone ? resolve() : reject(new Error('The test waits for what never comes.'))));
  });
}
