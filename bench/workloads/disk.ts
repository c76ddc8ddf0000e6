/** What a GB of data takes on the disk. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerProcess } from '../../test/support/broker-process.ts';
import { createTopic, gigabytes } from '../measuring.ts';
import { diskBytes, openFiles } from '../process-stats.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 4;
const RECORD_BYTES = 1024;
/** Batches of 256 KiB: more than what is compressed together. */
const VARIANTS = 64;
const LOOK_EVERY_MS = 1000;
/** Nothing has changed for so long: what goes on in the background is done. */
const STILL_FOR = 5;
const MOST_LOOKS = 60;

export const disk: Workload = {
  name: 'disk',
  title: 'Disk',
  about:
    'What records of 1 KiB like events as JSON, produced without compression, take once the broker has done in the ' +
    'background what it does, and the files that it holds open then.',
  isOnce: true,
  isThorough: true,
  seconds: ({ diskBytes: bytes }) => bytes / 3e8 + 15,
  async run(bench) {
    const { generators, signal, sizes, startAnother } = bench;
    if (startAnother === null) return bench.leaveOut('disk', 'this run did not start the broker');
    await using broker = await startAnother();
    const ours = broker.process as BrokerProcess;
    const topic = await createTopic({ ...bench, broker }, 'disk', PARTITIONS);
    const before = diskBytes(ours.dataDirectory);
    const limit = { records: Math.ceil(sizes.diskBytes / RECORD_BYTES) };
    const load = { topic, partitions: PARTITIONS, recordBytes: RECORD_BYTES, codec: 'none', acks: -1, limit } as const;
    const { bytes } = await generators.own.produce(broker.bootstrap, { ...load, variants: VARIANTS }, signal);
    let last = 0;
    for (let still = 0, looks = 0; still < STILL_FOR && looks < MOST_LOOKS; looks++) {
      await delay(LOOK_EVERY_MS, undefined, { signal });
      const now = diskBytes(ours.dataDirectory);
      still = now === last ? still + 1 : 0;
      last = now;
    }
    bench.note('for each GB produced', 'GB', 'lower', gigabytes(last - before) / gigabytes(bytes));
    bench.note('open files', 'files', 'lower', openFiles(ours.pid));
  },
};
