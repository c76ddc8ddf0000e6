/** An engine whose files are so small that a short workload rolls, drops and recycles many. */
import type { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type Engine, type EngineOptions, openEngine } from '../../src/storage/open-engine.ts';
import type { Durability, JournalWitness } from '../../src/storage/types.ts';
import type { FaultyDisk } from './faulty-disk.ts';
import { watched } from './invariants.ts';

export function openSmallEngine(
  disk: FaultyDisk,
  durability: Durability,
  clock: ManualClock,
  witness: JournalWitness | null = null,
  options: Partial<EngineOptions> = {},
): Promise<Engine> {
  return watched(
    openEngine({
      dataDir: '/data',
      clusterId: 'small',
      durability,
      maxSegmentSize: 8 * 1024,
      cacheBytes: 2048,
      deleteGraceMs: 0,
      files: disk,
      clock,
      random: seededRandom(7),
      ...(witness !== null && { witness }),
      ...options,
    }),
  );
}
