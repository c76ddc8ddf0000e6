/** fsync on every acknowledgement: one writer, and 256 over 1, 100 and 10,000 streams; and bare write and sync. */
import { BenchStream } from '../appends.ts';
import { PreparedFile } from '../floor.ts';
import type { Figures, Subject } from '../measure.ts';

const BYTES = 1024;
const WRITERS = 256;
const STREAM_COUNTS = [1, 100, 10_000];

/** Calls per second that one after the other makes in so many seconds. */
async function rate(seconds: number, once: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < seconds * 1000) {
    await once();
    count += 1;
  }
  return (count * 1000) / (performance.now() - startedMs);
}

export async function fsync(subject: Subject): Promise<Figures> {
  const { fsyncSeconds } = subject.sizes;
  const bytes = Buffer.alloc(BYTES, 0x61);
  const figures: Record<string, number> = {};
  using file = new PreparedFile(subject.directory, false);
  figures['barePerSecond'] = await rate(fsyncSeconds, () => {
    file.write(bytes);
    return file.sync();
  });
  await using engine = await subject.open({ dataDir: subject.directory, durability: 'fsync' });
  const lone = new BenchStream(engine, 1, 'fsync');
  await rate(fsyncSeconds / 5, () => lone.append(bytes));
  figures['loneStreamPerSecond'] = await rate(fsyncSeconds, () => lone.append(bytes));
  let id = 100;
  for (const streamCount of STREAM_COUNTS) {
    const streams = Array.from({ length: streamCount }, () => new BenchStream(engine, id++, 'fsync'));
    let at = 0;
    const next = (): BenchStream => streams[at++ % streamCount] as BenchStream;
    const rates = await Promise.all(
      Array.from({ length: WRITERS }, () => rate(fsyncSeconds, () => next().append(bytes))),
    );
    figures[`crowdOver${streamCount}PerSecond`] = rates.reduce((sum, one) => sum + one, 0);
  }
  return figures;
}
