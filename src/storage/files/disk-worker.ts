/** A thread that does one thing after the other with open files, and sleeps in between: see `disk-thread.ts`. */
import { fdatasyncSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../base/realms.ts';
import type { DiskReply, DiskThreadData } from './disk-messages.ts';
import { DESCRIPTOR, LENGTH, Operation, OPERATION, POSITION_AT, READY, REQUESTS } from './disk-messages.ts';
import { systemCode } from './files.ts';

const { control, bytes } = workerData as DiskThreadData;
const words = new Int32Array(control);
const position = new Float64Array(control, POSITION_AT, 1);
const source = new Uint8Array(bytes);

function reply(answer: DiskReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  parentPort?.postMessage(answer);
}

function answerOf(operation: number, descriptor: number): DiskReply {
  try {
    if (operation === Operation.WRITE) return writeSync(descriptor, source, 0, words[LENGTH], position[0]);
    fdatasyncSync(descriptor);
    return 0;
  } catch (error) {
    return { message: messageOf(error), code: systemCode(error) };
  }
}

reply(READY);
for (let seen = 0; ; ) {
  Atomics.wait(words, REQUESTS, seen);
  const requests = Atomics.load(words, REQUESTS);
  if (requests === seen) continue;
  seen = requests;
  const operation = words[OPERATION] as number;
  if (operation === Operation.STOP) break;
  reply(answerOf(operation, words[DESCRIPTOR] as number));
}
