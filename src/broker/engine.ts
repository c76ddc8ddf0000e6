/** The journal of a broker: opened as the settings say, and its end noted in the catalog when it closes. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MetadataStore } from '../metadata/types.ts';
import type { Catalog } from '../storage/catalog/types.ts';
import type { Files } from '../storage/files/files.ts';
import type { Engine } from '../storage/open-engine.ts';
import type { EngineOptions } from '../storage/options.ts';
import type { Durability, JournalWitness } from '../storage/types.ts';

/** The outside world as the engine takes it. */
export interface EngineWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly files?: Files;
}

/** Opens the engine; only the code of the kind that is wanted is loaded. */
async function open(options: EngineOptions): Promise<Engine> {
  if (options.dataDir === null) return (await import('../storage/open-in-memory.ts')).openInMemory(options);
  return (await import('../storage/open-engine.ts')).openEngine(options);
}

export function openBrokerEngine(
  config: BrokerConfig,
  metadata: MetadataStore,
  witness: JournalWitness,
  world: EngineWorld,
): Promise<Engine> {
  return open({
    dataDir: config.dataDir,
    clusterId: metadata.clusterId,
    // The journal's first file is on the device before the first topic is created.
    mustExist: metadata.topics().length > 0,
    witness,
    durability: config.string('walka.durability') as Durability,
    flushIntervalMs: config.int('walka.flush.interval.ms'),
    maxSegmentSize: config.int('walka.journal.file.bytes'),
    maxSegmentAgeMs: config.int('walka.journal.file.ms'),
    compressionLevel: config.int('walka.compression.level'),
    convertBytesPerSecond: config.int('walka.convert.bytes.per.second'),
    maxMemoryBytes: config.int('walka.memory.max.bytes'),
    cacheBytes: config.int('walka.cache.bytes'),
    indexCacheBytes: config.int('walka.index.cache.bytes'),
    ...world,
  });
}

/** Closes the engine, and has the catalog remember where the journal ended. */
export async function closeBrokerEngine(engine: Engine, catalog: Catalog, logger: Logger): Promise<void> {
  await engine.close();
  if (!engine.isClosedCleanly) return;
  try {
    await catalog.ended(engine.end);
  } catch (error) {
    logger.warn('journal-end-unwitnessed', 'The catalog could not note where the journal ended', { error });
  }
}
