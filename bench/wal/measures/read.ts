/** Sequential reads of what is in the page cache and not in the engine's caches, 1 MiB at a time. */
import { BenchStream, lastOf } from '../appends.ts';
import { nextTurn } from '../floor.ts';
import type { Figures, Subject, SubjectEngine } from '../measure.ts';

const MIB = 1024 * 1024;
const BATCH_BYTES = 16 * 1024;
const PER_TURN = 16;

async function write(subject: Subject, byteLength: number): Promise<number> {
  await using engine = await subject.open({ dataDir: subject.directory, durability: 'os', cacheBytes: MIB });
  const stream = new BenchStream(engine, 1, 'os');
  const bytes = Buffer.alloc(BATCH_BYTES, 0x61);
  while (stream.end * BATCH_BYTES < byteLength) {
    await lastOf(Array.from({ length: PER_TURN }, () => stream.append(bytes)));
    await nextTurn();
  }
  return stream.end;
}

async function readAll(engine: SubjectEngine, endOffset: number): Promise<number> {
  let byteLength = 0;
  for (let offset = 0; offset < endOffset; ) {
    const found = await engine.read({ stream: 1, offset, endOffset, maxBytes: MIB, atLeastOne: true });
    for (const part of found.parts) {
      const loaded = await part.load();
      for (const { bytes, owner } of loaded) {
        byteLength += bytes.length;
        owner.release();
      }
      part.release();
    }
    offset = found.endOffset;
  }
  return byteLength;
}

export async function read(subject: Subject): Promise<Figures> {
  const endOffset = await write(subject, subject.sizes.readBytes);
  await using engine = await subject.open({ dataDir: subject.directory, durability: 'os', cacheBytes: MIB });
  await readAll(engine, endOffset); // the page cache has it, and the code is warm
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const byteLength = await readAll(engine, endOffset);
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { bytesPerSecond: byteLength / seconds, cpuSecondsPerGb: ((user + system) * 1000) / byteLength };
}
