/** The smallest state machine that takes transactions, and a broker's parts around it: what the runtime is tested with. */
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { CoordinatorRuntime } from '../../src/coordinator/runtime.ts';
import type { ShardRunner } from '../../src/coordinator/shard-runner.ts';
import { replayed } from '../../src/coordinator/types.ts';
import type {
  CoordinatorShard,
  LiveRecords,
  RecordCodec,
  RecordPosition,
  TransactionalProducer,
  Undo,
} from '../../src/coordinator/types.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { StreamPartitionManager } from '../../src/partition/manager.ts';
import type { PartitionLog } from '../../src/partition/types.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { settle } from './groups.ts';
import { MemoryEngine } from './memory-engine.ts';

const TOPIC = '__consumer_offsets';

/** A key with its value. */
export interface Entry {
  readonly key: string;
  readonly value: string;
}

interface Stored extends Entry {
  readonly offset: number;
}

const codec: RecordCodec<Entry> = {
  encode: ({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) }),
  decode: (key, value) => ({ key: key.toString(), value: value?.toString() ?? '' }),
};

interface Open {
  readonly producer: TransactionalProducer;
  readonly entries: ReadonlyMap<string, Stored>;
}

/** Entries that count, and those of open transactions; of two with one key the later in the log counts. */
class LedgerShard implements CoordinatorShard<Entry> {
  #entries: ReadonlyMap<string, Stored> = new Map();
  #open: ReadonlyMap<bigint, Open> = new Map();

  get entries(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#entries.values()].map(({ key, value }) => [key, value]));
  }

  get pending(): readonly string[] {
    return [...this.#open.values()].flatMap(({ entries }) => [...entries.values()].map(({ value }) => value));
  }

  replay({ key, value }: Entry, { offset, producer }: RecordPosition): Undo {
    const undo = this.#memory();
    const stored = { key, value, offset };
    if (producer === null) {
      this.#entries = new Map(this.#entries).set(key, stored);
    } else {
      const entries = new Map(this.#open.get(producer.producerId)?.entries).set(key, stored);
      this.#open = new Map(this.#open).set(producer.producerId, { producer, entries });
    }
    return undo;
  }

  endTransaction({ producerId }: TransactionalProducer, outcome: 'commit' | 'abort'): Undo {
    const undo = this.#memory();
    const { entries } = this.#open.get(producerId) ?? { entries: new Map<string, Stored>() };
    this.#open = new Map([...this.#open].filter(([id]) => id !== producerId));
    if (outcome === 'commit') {
      const newer = [...entries].filter(([key, { offset }]) => offset > (this.#entries.get(key)?.offset ?? -1));
      this.#entries = new Map([...this.#entries, ...newer]);
    }
    return undo;
  }

  #memory(): Undo {
    const [entries, open] = [this.#entries, this.#open];
    return () => {
      [this.#entries, this.#open] = [entries, open];
    };
  }

  noteAppended(): Undo {
    return () => {};
  }

  onLoaded(): void {}

  onUnloaded(): void {}

  *liveRecords(): Iterable<readonly LiveRecords<Entry>[]> {
    const rewritten = (entries: Iterable<Stored>, producer: TransactionalProducer | null): LiveRecords<Entry> => {
      const records = [...entries];
      return { records, producer, offsets: records.map(({ offset }) => offset) };
    };
    const batches = [rewritten(this.#entries.values(), null)];
    for (const { producer, entries } of this.#open.values()) batches.push(rewritten(entries.values(), producer));
    yield batches;
  }
}

/** A ledger of one partition, on storage that lives through restarts. */
export class LedgerWorld {
  readonly clock: ManualClock;
  readonly engine: MemoryEngine;
  readonly #catalog: MemoryCatalog;
  readonly #runtime: CoordinatorRuntime<Entry, LedgerShard>;

  private constructor(
    storage: Pick<LedgerWorld, 'clock' | 'engine'>,
    catalog: MemoryCatalog,
    runtime: CoordinatorRuntime<Entry, LedgerShard>,
  ) {
    this.clock = storage.clock;
    this.engine = storage.engine;
    this.#catalog = catalog;
    this.#runtime = runtime;
  }

  static open(): Promise<LedgerWorld> {
    return LedgerWorld.#start({ clock: new ManualClock(), engine: new MemoryEngine() }, new MemoryCatalog());
  }

  static async #start(storage: Pick<LedgerWorld, 'clock' | 'engine'>, catalog: MemoryCatalog): Promise<LedgerWorld> {
    const { clock, engine } = storage;
    const config = createBrokerConfig(
      new Map([
        ['walka.durability', 'memory'],
        ['offsets.topic.num.partitions', '1'],
      ]),
    );
    const metadata = await CatalogMetadataStore.open({ catalog, config, random: seededRandom(1) });
    await catalog.start();
    const partitions = new StreamPartitionManager({ metadata, engine, config, clock, logger: silentLogger });
    const runtime = new CoordinatorRuntime<Entry, LedgerShard>({
      topicName: TOPIC,
      metadata,
      partitions,
      clock,
      logger: silentLogger,
      stateMachine: () => Promise.resolve({ codec, makeShard: () => new LedgerShard() }),
      writeTimeoutMs: () => 5000,
    });
    runtime.start();
    await runtime.ensureReady('ledger');
    await runtime.whenLoaded();
    return new LedgerWorld(storage, catalog, runtime);
  }

  /** Stops without a word and starts anew on what is stored. */
  restart(): Promise<LedgerWorld> {
    this.#runtime.close();
    return LedgerWorld.#start(this, this.#catalog);
  }

  get runner(): ShardRunner<Entry, LedgerShard> {
    return this.#runtime.runnerFor('ledger');
  }

  get log(): PartitionLog {
    return this.runner.log;
  }

  get entries(): Readonly<Record<string, string>> {
    return this.runner.shard.entries;
  }

  get pending(): readonly string[] {
    return this.runner.shard.pending;
  }

  put(key: string, value: string): Promise<void> {
    return this.runner.write(() => replayed([{ key, value }], undefined));
  }

  putInTransaction(producer: TransactionalProducer, key: string, value: string): Promise<void> {
    return this.runner.writeInTransaction(producer, null, () => replayed([{ key, value }], undefined));
  }

  end(producer: TransactionalProducer, outcome: 'commit' | 'abort'): Promise<void> {
    return this.runner.endTransaction({ ...producer, outcome, coordinatorEpoch: 0, transactionVersion: 1 });
  }

  /** Moves time and lets what follows from it happen. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }
}
