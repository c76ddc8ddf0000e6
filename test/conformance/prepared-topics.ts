/** Topics and records that a test puts there before its clients come. */
import { CreateTopics } from '../support/admin-apis.ts';
import { batchOf, onlyProduced, Produce, produceRequest } from '../support/data-apis.ts';
import { WireClient } from '../support/wire-client.ts';
import { eventually } from './node/scenario-runner.ts';

const RECORDS_OF_A_REQUEST = 500;

/** Creates topics with so many partitions each. */
export async function createTopics(port: number, partitions: number, ...names: readonly string[]): Promise<void> {
  const client = await WireClient.open(port);
  const topics = names.map((name) => ({ name, numPartitions: partitions, replicationFactor: 1 }));
  const answer = await client.call(CreateTopics, 6, { topics, timeoutMs: 10_000 });
  client.close();
  const failed = answer.topics.find(({ errorCode }) => errorCode !== 0);
  if (failed !== undefined) throw new Error(`${failed.name}: error ${failed.errorCode}`);
}

/** Writes values to a partition, in order; waits for a broker that has just started to lead it. */
export async function writeValues(port: number, topic: string, partition: number, values: readonly string[]) {
  const client = await WireClient.open(port);
  for (let at = 0; at < values.length; at += RECORDS_OF_A_REQUEST) {
    // Of now, or retention might take them.
    const batch = batchOf(values.slice(at, at + RECORDS_OF_A_REQUEST), Date.now());
    await eventually(`${topic}-${partition} to take records`, async () => {
      const answer = onlyProduced(await client.call(Produce, 9, produceRequest(topic, partition, batch)));
      return answer.errorCode === 0 ? true : undefined;
    });
  }
  client.close();
}
