/** From the start of the program until it can be used, on a directory that has a topic. */
import { setTimeout as delay } from 'node:timers/promises';
import { WireClient } from '../../test/support/wire-client.ts';
import { answersApiVersions } from '../../test/support/broker-process.ts';
import { checkProduced, produceFrame, repeatedBatch } from '../load/own/produce-requests.ts';
import { createTopic } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const LOOK_EVERY_MS = 2;

async function isAcknowledged(port: number, frame: Buffer): Promise<boolean> {
  try {
    const client = await WireClient.open(port);
    client.send(frame);
    const answer = await client.next();
    client.close();
    if (answer === null) return false;
    checkProduced(answer);
    return true;
  } catch {
    return false;
  }
}

async function timeUntil(began: number, isThere: () => Promise<boolean>): Promise<number> {
  while (!(await isThere())) await delay(LOOK_EVERY_MS);
  return performance.now() - began;
}

export const start: Workload = {
  name: 'start',
  title: 'Start',
  about: 'From the start of the program to its first answer, and to the first record that it acknowledges.',
  seconds: () => 4,
  async run(bench) {
    const { process: broker } = bench.broker;
    if (broker === undefined) return bench.leaveOut('start', 'this run did not start the broker');
    const topic = await createTopic(bench, 'start', 1);
    const records = await repeatedBatch(1, 1024, 'none');
    const frame = produceFrame(topic, -1, [{ index: 0, records }]);
    await broker.stop();
    const began = performance.now();
    const restarted = broker.restart();
    const [answerMs, acknowledgedMs] = await Promise.all([
      timeUntil(began, () => answersApiVersions(broker.port)),
      timeUntil(began, () => isAcknowledged(broker.port, frame)),
    ]);
    await restarted;
    bench.note('start to the first answer', 'ms', 'lower', answerMs);
    bench.note('start to the first acknowledged record', 'ms', 'lower', acknowledgedMs);
  },
};
