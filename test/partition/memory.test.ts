/** What a partition in use takes: there may be very many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import { TopicTraffic } from '../../src/partition/traffic.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { batch, CLIENT, committed, partitionSettings } from '../support/partitions.ts';

const traffic = new TopicTraffic();
const PARTITIONS = 5000;

/** Bytes of all JavaScript values that somebody holds. */
function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('a partition that was appended to takes about half a kilobyte once the append is committed', async () => {
  const clock = new ManualClock();
  const files = new FaultyDisk(seededRandom(1));
  const engine = await openEngine({ dataDir: '/data', clusterId: 'memory', files, clock, cacheBytes: 0 });
  const settings = partitionSettings();
  const open = (index: number): StreamPartitionLog => {
    const identity = { topicName: 't', topicId: 'id', index, stream: index + 1, leaderEpoch: 0 };
    return new StreamPartitionLog({ ...identity, traffic }, settings, engine, clock);
  };
  const append = async (log: StreamPartitionLog): Promise<void> => {
    await log.ready();
    await committed(log, log.append(batch(), CLIENT).endOffset);
  };
  await append(open(PARTITIONS));
  const logs: StreamPartitionLog[] = [];
  const fill = async (): Promise<void> => {
    for (let index = 0; index < PARTITIONS; index++) await append((logs[index] = open(index)));
  };
  await fill();
  const used = heapBytes();
  logs.length = 0;
  const each = (used - heapBytes()) / PARTITIONS;
  assert.ok(each > 100 && each < 600, `${each} bytes`);
  await engine.close();
});
