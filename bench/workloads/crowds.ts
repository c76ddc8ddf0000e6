/** How long a stranger waits for a broker that crowds of clients keep busy. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '../../protocol/apis.ts';
import { requestFrame, WireClient } from '../../test/support/wire-client.ts';
import { Talking } from '../generators/talking.ts';
import { createTopic } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const READERS = 200;
const READER_MEGABYTES = 50;
const FLOOD_CONNECTIONS = 50;
/** Long enough for everybody in a crowd to have begun. */
const CROWD_MS = 1000;
const VISIT_EVERY_MS = 20;

/** Connects, asks for the versions and the metadata of no topic, and leaves. Gives how long that took in ms. */
export async function visit(port: number): Promise<number> {
  const begin = performance.now();
  const client = await WireClient.open(port);
  client.send(requestFrame(ApiKey.ApiVersions, 0, 1));
  await client.next();
  client.send(requestFrame(ApiKey.Metadata, 1, 2, Buffer.from([0, 0, 0, 0])));
  await client.next();
  client.close();
  return performance.now() - begin;
}

async function longestVisit(port: number, seconds: number, [mode = '', ...args]: readonly string[]): Promise<number> {
  await using _crowd = new Talking(mode, args);
  await delay(CROWD_MS);
  let longest = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await delay(VISIT_EVERY_MS)) {
    longest = Math.max(longest, await visit(port));
  }
  return longest;
}

export const crowds: Workload = {
  name: 'crowds',
  title: 'A stranger beside a crowd',
  about:
    `The longest time that a new client waits for its first two answers, beside ${READERS} slow readers that ask for ` +
    `${READER_MEGABYTES} MB each, and beside ${FLOOD_CONNECTIONS} connections that flood the broker with requests.`,
  isLocal: true,
  isThorough: true,
  seconds: ({ crowdSeconds }) => 2 * (crowdSeconds + CROWD_MS / 1000) + 1,
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    const topic = await createTopic(bench, 'crowds', 1);
    const limit = { records: READER_MEGABYTES * 1024 };
    const load = { topic, partitions: 1, recordBytes: 1024, codec: 'none', acks: -1, limit } as const;
    await generators.own.produce(broker.bootstrap, load, signal);
    const loads = [
      [`${READERS} slow readers`, ['slow-readers', broker.port, topic, READERS, READER_MEGABYTES]],
      ['ApiVersions floods', ['flood', broker.port, FLOOD_CONNECTIONS]],
    ] as const;
    for (const [name, crowd] of loads) {
      const longestMs = await longestVisit(broker.port, sizes.crowdSeconds, crowd.map(String));
      bench.note(`${name}, longest visit`, 'ms', 'lower', longestMs);
    }
  },
};
