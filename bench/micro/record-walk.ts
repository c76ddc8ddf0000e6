/**
 * What it costs to check records, in ns of CPU each: `node bench/micro/record-walk.ts`. The walk that every produced
 * batch takes, the cursor that gives single records, and for comparison the CRC-32C of the same bytes and a copy of
 * them (the least that WebAssembly would add). Best of several rounds over one batch in the processor's cache.
 */
import { BATCH_OVERHEAD, computeCrc } from '../../protocol/records/batch.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { RecordCursor } from '../../protocol/records/iterate.ts';
import { RecordWalk } from '../../protocol/records/walk.ts';

const ROUNDS = 30;
const REPEATS = 20;
const BATCH_BYTES = 1_000_000;
const walk = new RecordWalk();
const scratch = Buffer.alloc(4 * BATCH_BYTES);

function best(records: number, run: () => void): string {
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < REPEATS; i++) run();
    const { user, system } = process.cpuUsage(before);
    bestNs = Math.min(bestNs, ((user + system) * 1000) / (records * REPEATS));
  }
  return `${bestNs.toFixed(1)} ns`;
}

for (const valueBytes of [10, 100, 1024, 10_240]) {
  for (const headers of [0, 2]) {
    const records = Math.ceil(BATCH_BYTES / (valueBytes + 20));
    const list = Array.from({ length: records }, (_, i) => ({
      key: i % 2 === 0 ? null : Buffer.from('key'),
      value: Buffer.alloc(valueBytes, 0x61),
      headers: Array.from({ length: headers }, () => ({ key: 'trace-id', value: Buffer.from('0123456789abcdef') })),
      timestampMs: 1_700_000_000_000 + (i >> 4),
    }));
    const batch = buildBatch(list);
    const walked = best(records, () => {
      walk.begin(records);
      walk.finish(batch.length - walk.walk(batch, BATCH_OVERHEAD, batch.length));
    });
    const cursor = best(records, () => {
      const one = new RecordCursor(batch.subarray(BATCH_OVERHEAD), records);
      while (one.next());
    });
    const crc = best(records, () => void computeCrc(batch, 0));
    const copy = best(records, () => void batch.copy(scratch));
    process.stdout.write(
      `${valueBytes} bytes, ${headers} headers: walk ${walked}, cursor ${cursor}, CRC ${crc}, copy ${copy}\n`,
    );
  }
}
