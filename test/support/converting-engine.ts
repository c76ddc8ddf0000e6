/** An engine with small files that makes segments of them, and a catalog that survives everything. */
import type { LogFields, Logger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Engine, EngineOptions } from '../../src/storage/open-engine.ts';
import { append } from './batches.ts';
import { CopiedCatalog } from './copied-catalog.ts';
import { FaultyDisk } from './faulty-disk.ts';
import { runUntil, settle } from './run-clock.ts';
import { openSmallEngine } from './small-engine.ts';

export interface LogLine {
  readonly event: string;
  readonly fields: LogFields;
}

export class ConvertingEngine {
  readonly clock = new ManualClock();
  readonly catalog: CopiedCatalog;
  readonly disk: FaultyDisk;
  readonly lines: LogLine[] = [];
  engine!: Engine;

  private constructor(disk: FaultyDisk, catalog: CopiedCatalog) {
    this.disk = disk;
    this.catalog = catalog;
  }

  /** Opens one on what is on the disk. */
  static async open(
    disk = new FaultyDisk(seededRandom(1)),
    catalog = new CopiedCatalog(1000),
    options: Partial<EngineOptions> = {},
  ): Promise<ConvertingEngine> {
    const opened = new ConvertingEngine(disk, catalog);
    const log = (event: string, _message: string, fields: LogFields = {}): void =>
      void opened.lines.push({ event, fields });
    const logger: Logger = { level: 'debug', debug: log, info: log, warn: log, error: log, child: () => logger };
    const all = { logger, ...options };
    opened.engine = await openSmallEngine(disk, 'fsync', opened.clock, catalog.witness, all);
    try {
      await opened.until(catalog.start(opened.engine));
    } catch (error) {
      await settle(opened.clock, opened.engine.close());
      throw error;
    }
    return opened;
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return runUntil(this.clock, promise);
  }

  /** Appends batches to streams in turn, and lets conversion keep up. */
  async appendTo(streams: readonly number[], batches: number, bodyBytes = 500): Promise<void> {
    for (const stream of streams) this.engine.createStream(stream);
    for (let i = 0; i < batches; i++) {
      await this.until(append(this.engine, streams[i % streams.length] as number, { bodyBytes }));
    }
  }

  /** Lets time pass. */
  async pass(ms = 20_000): Promise<void> {
    await this.until(
      new Promise((resolve) => {
        this.clock.setTimer(ms, () => resolve(undefined));
      }),
    );
  }

  events(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  get segments(): string[] {
    return this.disk.paths().filter((path) => path.startsWith('/data/segments/'));
  }

  async close(): Promise<void> {
    await this.until(this.engine.close());
    if (this.engine.isClosedCleanly) this.catalog.witness.end = this.engine.end;
  }
}
