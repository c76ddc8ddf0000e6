/** Merges sealed journal files into segments as a conversion does, on this thread and without an engine. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { runMerge } from '../src/storage/convert/merge.ts';
import type { JournalInput, MergeResult } from '../src/storage/convert/types.ts';
import { nodeFiles } from '../src/storage/files/node-files.ts';
import { readFully } from '../src/storage/files/files.ts';
import { ENTRY_HEADER_BYTES, sequenceOfName } from '../src/storage/format/format.ts';
import { decodeFooter, FOOTER_ENTRY_BYTES } from '../src/storage/journal/seal.ts';

const MIB = 1024 * 1024;

/** The sealed files of a journal. */
export async function inputsIn(dataDir: string): Promise<JournalInput[]> {
  const inputs: JournalInput[] = [];
  for (const name of readdirSync(join(dataDir, 'journal')).sort()) {
    const sequence = sequenceOfName(name);
    if (sequence === undefined) continue;
    const path = join(dataDir, 'journal', name);
    const file = await nodeFiles.open(path, 'read');
    const byteLength = await file.size();
    const bytes = Buffer.alloc(FOOTER_ENTRY_BYTES);
    await readFully(file, bytes, byteLength - bytes.length);
    await file.close();
    const seal = decodeFooter(bytes.subarray(ENTRY_HEADER_BYTES));
    if (seal !== null) inputs.push({ kind: 'journal', sequence, path, byteLength, seal });
  }
  return inputs;
}

let nextMerge = 1;

/** Merges them into new files in the data directory's folder `segments`, which is made. */
export async function merge(dataDir: string, inputs: readonly JournalInput[], level: number): Promise<MergeResult> {
  const folder = join(dataDir, 'segments');
  mkdirSync(folder, { recursive: true });
  const sizes = { maxSegmentBytes: 128 * MIB, largeStreamBytes: 32 * MIB };
  const plan = {
    mergeId: nextMerge++,
    folder,
    clusterId: 'bench',
    nowMs: 1,
    inputs,
    ...sizes,
    level,
    bytesPerSecond: 0,
  };
  const outcome = await runMerge(plan, {
    files: nodeFiles,
    random: systemRandom,
    clock: systemClock,
    ask: (streams) => ({ logStart: new Float64Array(streams.length), compacted: new Map() }),
    filters: null,
    pace: () => new Promise((resolve) => setImmediate(resolve)),
    isCancelled: () => false,
  });
  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  return outcome.result;
}
