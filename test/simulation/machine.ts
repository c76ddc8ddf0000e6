/**
 * A machine with the engine on it: a faulty disk, a clock of its own, and the ways in which it stops. What it had
 * promised is judged by who appended; here is only when a promise was made and what a stop leaves of it.
 */
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { type Engine, openEngine } from '../../src/storage/open-engine.ts';
import type { Durability } from '../../src/storage/types.ts';
import { CopiedCatalog } from '../support/copied-catalog.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { runUntil } from '../support/run-clock.ts';

/** How a life ends: an orderly stop, kill -9, the power, or kill -9 after the disk failed. */
export type End = 'stop' | 'kill' | 'power';

export class Machine {
  readonly seed: number;
  readonly random: Random;
  clock = new ManualClock();
  /** Knows streams 1 to 1000; its own disk keeps everything. */
  readonly catalog = new CopiedCatalog(1000);
  /** What journal files become. */
  readonly segments: 'none' | 'real';
  readonly durability: Durability;
  disk: FaultyDisk;
  engine!: Engine;
  /** Lives so far. */
  starts = 0;
  /** Raised by everything that happens, so that one can tell what came before what. */
  moment = 0;
  /** The moment when all that was acknowledged by then got to the device. */
  flushedAt = 0;
  readonly #trace: boolean;
  readonly #limits: {
    readonly maxSegmentSize: number;
    readonly cacheBytes: number;
    readonly indexCacheBytes: number;
    readonly pageCacheBytes: number;
    readonly deleteGraceMs: number;
    readonly flushIntervalMs: number;
    readonly maxSegmentAgeMs: number;
    readonly compressionLevel: number;
  };

  constructor(seed: number, trace = false) {
    this.#trace = trace;
    this.seed = seed;
    this.random = seededRandom(seed);
    this.disk = new FaultyDisk(seededRandom(seed ^ 0x5eed));
    this.durability = this.pick(['os', 'fsync']);
    this.#limits = {
      maxSegmentSize: this.pick([4, 8, 16, 64]) * 1024,
      cacheBytes: this.pick([0, 2048, 65_536]),
      indexCacheBytes: this.pick([0, 1024, 1024 * 1024]),
      pageCacheBytes: this.pick([0, 1024 * 1024]),
      deleteGraceMs: this.pick([0, 500]),
      flushIntervalMs: this.pick([0, 10, 200]),
      maxSegmentAgeMs: this.pick([5000, 3_600_000]),
      compressionLevel: this.pick([0, 3]),
    };
    this.segments = this.pick(['none', 'real', 'real'] as const);
    this.#setUpDisk();
  }

  /** Says what happens, where somebody looks at one run. */
  say(text: string): void {
    if (this.#trace) console.log(`${String(this.moment).padStart(5)} ${String(this.disk.steps).padStart(5)} ${text}`);
  }

  /** One of several, at random. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.random.int(choices.length)] as T;
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.random.int(n) === 0;
  }

  /** Moves the clock on until something is done. */
  run<T>(promise: Promise<T>): Promise<T> {
    return runUntil(this.clock, promise);
  }

  /** True while the disk does as it should and the engine takes appends. */
  get isWell(): boolean {
    return !this.disk.hasCrashed && this.engine.refusal === null;
  }

  /** Opens the engine on what the last life left. */
  async start(): Promise<void> {
    this.starts += 1;
    const opening = openEngine({
      dataDir: '/data',
      clusterId: 'small',
      mustExist: this.catalog.witness.end !== null,
      durability: this.durability,
      witness: this.catalog.witness,
      ...(this.segments === 'none' && { segmenting: null }),
      convertBytesPerSecond: 0,
      files: this.disk,
      clock: this.clock,
      random: seededRandom(this.seed * 31 + this.starts),
      ...this.#limits,
    });
    this.engine = await this.run(opening);
    this.say(`life ${this.starts}, durability ${this.durability}, journal at ${JSON.stringify(this.engine.end)}`);
    await this.run(this.catalog.start(this.engine));
  }

  /** Gets all that was appended so far on the device. */
  async flush(): Promise<void> {
    const at = ++this.moment;
    await this.run(this.engine.flush());
    this.flushedAt = at;
    this.say('flushed');
  }

  /** Merges that were published. */
  merges = 0;

  /** Ends a life; the next one starts on what it leaves. False when an orderly stop was none. */
  async end(how: End): Promise<boolean> {
    const { engine } = this;
    this.say(
      `end by ${how}${this.disk.hasCrashed ? ', the disk died' : ''}; refused: ${engine.refusal?.message ?? 'no'}`,
    );
    const { merges } = engine.stats().counters;
    this.merges += Object.values(merges).reduce((sum, count) => sum + count, 0);
    let isOrderly = false;
    if (how === 'stop') {
      try {
        await this.run(engine.close());
        isOrderly = engine.isClosedCleanly;
      } catch (error) {
        if (!this.disk.hasCrashed) throw error;
      }
    }
    if (isOrderly) {
      this.catalog.witness.end = engine.end;
      this.flushedAt = ++this.moment;
    }
    const left = how === 'power' ? this.disk.afterPowerCut() : this.disk.afterKill();
    // Whatever of the old process is still on its way gets no further, and no timer of it fires.
    this.disk.crashAt = this.disk.steps;
    this.catalog.end();
    this.disk = left;
    this.clock = new ManualClock(this.clock.now() + 1);
    this.#setUpDisk();
    return isOrderly;
  }

  #setUpDisk(): void {
    this.disk.latencyTurns = this.pick([1, 1, 4]);
    this.disk.shortWriteEvery = this.pick([0, 0, 8]);
  }
}
