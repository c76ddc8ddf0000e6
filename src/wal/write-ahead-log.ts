/** A write-ahead log with any number of streams, in a directory of its own or in memory. */
import { EventEmitter } from 'node:events';
import { systemClock } from '../base/clock.ts';
import { ClosingStack } from '../base/closing-stack.ts';
import { silentLogger } from '../base/logger.ts';
import { randomUuid, systemRandom } from '../base/random.ts';
import { CatalogError } from '../storage/catalog/catalog-error.ts';
import { openCatalog } from '../storage/catalog/open.ts';
import { holdsStreams, STREAMS_FEATURE } from '../storage/catalog/streams-feature.ts';
import type { Catalog } from '../storage/catalog/types.ts';
import { copyJournal } from '../storage/catalog-rebuild/copy.ts';
import type { Engine } from '../storage/engine.ts';
import { openEngine } from '../storage/open-engine.ts';
import type { StorageError } from '../storage/types.ts';
import type { WalStats } from '../storage/wal-stats.ts';
import { LogCore } from './core.ts';
import { checkExports, type StatsExports, StatsExporter } from './export.ts';
import { checkOptions, type WriteAheadLogOptions } from './options.ts';
import { WalRetention } from './retention.ts';
import { WalStream } from './stream.ts';

interface WalEvents {
  /** The disk failed: reads go on, appends are refused for good. Without a listener only the appends tell. */
  readonly error: [error: StorageError];
}

/** What an open log is made of. */
interface Parts {
  readonly directory: string | null;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly core: LogCore;
}

export class WriteAheadLog extends EventEmitter<WalEvents> implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #logger: NonNullable<WriteAheadLogOptions['logger']>;
  readonly #exporters = new Set<StatsExporter>();
  readonly #retention: WalRetention | null;
  #closing: Promise<void> | null = null;

  private constructor(parts: Parts, options: WriteAheadLogOptions) {
    super();
    this.#parts = parts;
    this.#logger = options.logger ?? silentLogger;
    parts.engine.onFailure((error) => {
      parts.core.fail(error);
      if (this.listenerCount('error') > 0) this.emit('error', error);
    });
    const { retention } = options;
    this.#retention =
      retention === undefined ? null : new WalRetention(parts.core, systemClock, this.#logger, retention);
    this.#retention?.start();
  }

  /**
   * Opens a log, and makes it if there is none: `await using wal = await WriteAheadLog.open({ directory: './wal' })`.
   * What a crash left is brought back: all that was acknowledged, to the durability that was in force.
   * @throws TypeError, RangeError for options that are none; CatalogError: LOCKED (open elsewhere), FOREIGN (not a log's
   * directory), TOO_NEW, CORRUPT, DISK_FULL, IO; StorageError CORRUPT when records are damaged or missing. The message
   * says what and where, and what can be done
   */
  static async open(options: WriteAheadLogOptions = {}): Promise<WriteAheadLog> {
    checkOptions(options);
    const directory = options.directory ?? null;
    const catalog = await openCatalog(directory);
    await using opened = new ClosingStack();
    opened.use(catalog);
    const image = await catalog.load(randomUuid(systemRandom));
    const isNew = image.starts === 1 && image.features === null && image.topics.length === 0;
    if (!isNew && !holdsStreams(image.features)) {
      throw new CatalogError(
        'FOREIGN',
        `${directory} is the data directory of a broker; choose another one for a log.`,
      );
    }
    const { durability, flushIntervalMs, maxSegmentSize, maxMemoryBytes, cacheBytes, indexCacheBytes, logger } =
      options;
    const { compressionLevel, convertBytesPerSecond } = options;
    const engine = opened.use(
      await openEngine({
        dataDir: directory,
        clusterId: image.clusterId,
        mustExist: image.starts > 1,
        witness: catalog.witness,
        ...(durability !== undefined && { durability }),
        ...(flushIntervalMs !== undefined && { flushIntervalMs }),
        ...(maxSegmentSize !== undefined && { maxSegmentSize }),
        ...(compressionLevel !== undefined && { compressionLevel }),
        ...(convertBytesPerSecond !== undefined && { convertBytesPerSecond }),
        ...(maxMemoryBytes !== undefined && { maxMemoryBytes }),
        ...(cacheBytes !== undefined && { cacheBytes }),
        ...(indexCacheBytes !== undefined && { indexCacheBytes }),
        ...(logger !== undefined && { logger }),
      }),
    );
    catalog.onDiskFull((mayUseReserve) => engine.makeRoom(mayUseReserve));
    if (engine.refusal?.code === 'POISONED') throw engine.refusal;
    await catalog.start(engine, { epoch: 1, levels: new Map([[STREAMS_FEATURE, 1]]) });
    const core = new LogCore(engine, systemClock, durability ?? 'os', options.maxConcurrentWrites ?? 1024);
    const wal = new WriteAheadLog({ directory, engine, catalog, core }, options);
    opened.move();
    return wal;
  }

  /**
   * A handle on the stream with this number, a whole number from 1 on. A stream needs no creation: it begins at offset 0
   * with its first append, and costs less than 200 bytes of memory from then on. @throws RangeError
   */
  stream(id: number): WalStream {
    if (!Number.isSafeInteger(id) || id < 1) {
      throw new RangeError(`A stream's number is a whole number from 1 on, not ${String(id)}`);
    }
    return new WalStream(this.#parts.core, id);
  }

  /** Numbers of the streams that were ever appended to, in no order. */
  streamIds(): Generator<number, void, undefined> {
    return this.#parts.core.streamIds();
  }

  /** Why appends are refused (DISK_FULL, which passes; POISONED), or null. */
  get refusal(): StorageError | null {
    return this.#parts.engine.refusal;
  }

  /**
   * Resolves as soon as an append would be under way at once: for who appends without waiting for each. What is appended
   * before that waits in memory.
   */
  whenWritable(): Promise<void> {
    return this.#parts.core.whenWritable();
  }

  /** Resolves when all that was appended so far is on the device. @throws StorageError POISONED, CLOSED */
  flush(): Promise<void> {
    return this.#parts.core.flush();
  }

  /** Counts, latencies, rates, bytes and memory since the log was opened. */
  stats(): WalStats {
    return this.#parts.engine.walStats();
  }

  /**
   * Hands the statistics to prom-client (as `wal_stats_*`), to OpenTelemetry or to code of the caller's own, until what it
   * returns is called or the log is closed. @throws TypeError, RangeError
   */
  exportStats(exports: StatsExports): () => void {
    this.#parts.core.refuseIfClosed();
    checkExports(exports);
    const exporter = new StatsExporter(
      () => this.stats(),
      systemClock,
      exports,
      (error) => {
        this.#logger.warn('stats-collector-failed', 'A collector of statistics threw', { error });
      },
    );
    this.#exporters.add(exporter);
    return () => {
      if (this.#exporters.delete(exporter)) exporter.end();
    };
  }

  /**
   * Copies the log as it is now into a new directory, while it is in use: a log of its own, which `open` takes, with all
   * that was acknowledged before the call. Appends go on meanwhile.
   * @throws Error when there is something in `directory`, or this log is in memory; the system's error, StorageError IO
   */
  async snapshot(directory: string): Promise<void> {
    const { directory: own, engine, core } = this.#parts;
    if (typeof directory !== 'string' || directory === '')
      throw new TypeError('snapshot takes the path of a directory');
    if (own === null) throw new Error('snapshot: a log in memory cannot be copied to a directory');
    core.refuseIfClosed();
    await copyJournal(engine, directory);
  }

  /** Finishes what was appended, ends readers, and closes; further calls resolve with the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { engine, catalog, core } = this.#parts;
    this.#retention?.stop();
    for (const exporter of this.#exporters) exporter.end();
    await core.drain();
    try {
      await engine.close();
      if (engine.isClosedCleanly) await catalog.ended(engine.end);
    } finally {
      await catalog.close();
    }
  }
}
