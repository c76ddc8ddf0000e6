/** One simulated run: lives of a machine, each with a random workload and random misfortune, from one seed. */
import assert from 'node:assert/strict';
import { StorageError } from '../../src/storage/types.ts';
import { turns } from '../support/run-clock.ts';
import { CompactedStream } from './compacted-stream.ts';
import { type End, Machine } from './machine.ts';
import { RawStream } from './raw-stream.ts';
import { SimulatedPartition } from './transactions.ts';

const STREAMS = 5;
const PARTITION = 1000;
const COMPACTED = [501, 502];

export interface RunOptions {
  /** Step of the disk at which the power fails in the first life; without one it fails anywhere. */
  readonly powerCutAt?: number;
  /** Print what happens. */
  readonly trace?: boolean;
}

export interface RunReport {
  readonly lives: number;
  readonly appends: number;
  /** Steps of the disk in the first life. */
  readonly firstSteps: number;
  /** Merges that were published. */
  readonly merges: number;
  /** Passes of compaction that went through. */
  readonly passes: number;
  /** How often the partition was given up and made again. */
  readonly evictions: number;
  /** A write went somewhere else. */
  readonly wentAstray: boolean;
}

/** Codes with which a call may fail while the disk, or the room on it, does. */
const EXPECTED_CODES = new Set(['DISK_FULL', 'POISONED', 'CLOSED', 'IO']);

class Run {
  readonly machine: Machine;
  readonly #options: RunOptions;
  #streams: RawStream[] = [];
  readonly #partition: SimulatedPartition;
  readonly #compacted: readonly CompactedStream[];
  /** A write went somewhere else, and nobody was told. */
  #isAstray = false;
  #nextStream = 1;
  /** What nobody waits for. */
  #pending: Promise<unknown>[] = [];
  /** A misfortune under way, and what ends it. */
  #relief: (() => void) | null = null;
  #firstSteps = 0;
  appends = 0;

  constructor(seed: number, options: RunOptions) {
    this.machine = new Machine(seed, options.trace);
    this.#options = options;
    this.#partition = new SimulatedPartition(this.machine, PARTITION);
    this.#compacted = COMPACTED.map((id) => new CompactedStream(this.machine, id));
    for (let i = 0; i < STREAMS; i++) this.#addStream();
  }

  async run(): Promise<RunReport> {
    const { machine } = this;
    const lives = 2 + machine.random.int(4);
    let end: End = 'stop';
    let isOrderly = true;
    let hadCrashed = false;
    for (let life = 1; life <= lives; life++) {
      await machine.start();
      await this.#check(end, isOrderly);
      hadCrashed = await this.#live(life);
      // The last of some lives ends badly.
      if (life === lives && this.#options.powerCutAt === undefined && !hadCrashed && machine.oneIn(5)) {
        await this.#goAstray();
        return this.#report(lives);
      }
      end = machine.pick<End>(hadCrashed ? ['kill', 'power'] : ['stop', 'stop', 'kill', 'power']);
      if (life === 1 && this.#options.powerCutAt !== undefined) end = 'power';
      await this.#settle(end === 'stop');
      if (end === 'stop' && !machine.isWell && machine.engine.refusal?.code !== 'DISK_FULL') end = 'kill';
      if (life === 1) this.#firstSteps = machine.disk.steps;
      isOrderly = await machine.end(end);
    }
    await machine.start();
    await this.#check(end, isOrderly);
    await this.#finish();
    if (machine.oneIn(2)) await this.#damage();
    return this.#report(lives);
  }

  #report(lives: number): RunReport {
    return {
      lives,
      appends: this.appends,
      firstSteps: this.#firstSteps,
      merges: this.machine.merges,
      passes: this.#compacted.reduce((sum, { passes }) => sum + passes, 0),
      evictions: this.#partition.evictions,
      wentAstray: this.#isAstray,
    };
  }

  /** Some steps of the workload; true when the disk failed or died on the way. */
  async #live(life: number): Promise<boolean> {
    const { machine } = this;
    const { random, disk } = machine;
    const { powerCutAt } = this.#options;
    if (life === 1 && powerCutAt !== undefined) disk.crashAt = powerCutAt;
    else if (machine.oneIn(2)) disk.crashAt = disk.steps + 1 + random.int(150);
    for (let steps = 20 + random.int(60); steps > 0 && !disk.hasCrashed; steps--) await this.#step();
    return disk.hasCrashed || machine.engine.refusal?.code === 'POISONED';
  }

  async #step(): Promise<void> {
    const { machine } = this;
    const { random, clock, engine } = machine;
    const streams = this.#streams.filter((stream) => stream.exists);
    if (streams.length < this.#streams.length && machine.isWell) this.#createMissing();
    const stream = machine.pick(streams);
    for (let i = random.int(4); i > 0; i--, this.appends++) machine.pick(streams).append();
    if (machine.oneIn(3)) machine.pick(this.#compacted).append();
    if (machine.oneIn(12)) machine.pick(this.#compacted).compact((error) => this.#note(error));
    if (machine.oneIn(40)) await this.#wait(machine.pick(this.#compacted).readAll());
    if (machine.oneIn(10) && this.#relief === null) await this.#wait(this.#partition.evict());
    const choice = random.int(100);
    if (choice < 14) await this.#wait(stream.read());
    else if (choice < 18) await this.#wait(stream.search());
    else if (choice < 24) this.#start(stream.trim());
    else if (choice < 28 && machine.isWell) stream.writeSnapshot();
    else if (choice < 31) this.#delete(stream);
    else if (choice < 45) this.#partition.write();
    else if (choice < 49 && this.#relief === null) await this.#wait(this.#partition.read());
    else if (choice < 52) this.#start(this.#partition.trim());
    else if (choice < 54) this.#partition.writeSnapshot();
    else if (choice < 57) this.#start(engine.seal());
    else if (choice < 60) await this.#wait(machine.flush());
    else if (choice < 75) await turns(random.int(6));
    else if (choice < 84) clock.advance(random.int(400));
    else if (choice < 85) clock.advance(20_000);
    else if (choice < 87) await this.#settle(false);
    else this.#changeFortune();
  }

  #addStream(): void {
    this.#streams.push(new RawStream(this.machine, this.#nextStream++));
  }

  #delete(stream: RawStream): void {
    if (this.#streams.filter(({ exists }) => exists).length === 1) return;
    const at = this.#streams.indexOf(stream);
    this.#streams.splice(at, 1);
    this.#gone.push(stream);
    this.#start(stream.delete());
    this.#addStream();
    if (this.machine.isWell) this.#createMissing();
  }

  readonly #gone: RawStream[] = [];

  #createMissing(): void {
    for (const stream of this.#streams) if (!stream.exists) this.machine.engine.createStream(stream.id);
  }

  /** Begins or ends some misfortune. */
  #changeFortune(): void {
    const { machine } = this;
    if (this.#relief !== null) {
      machine.say('relief');
      this.#relief();
      this.#relief = null;
      return;
    }
    const { disk, random } = machine;
    const kind = random.int(10);
    if (kind < 4) {
      disk.capacityBytes = disk.usedBytes + random.int(30_000);
      disk.isQuota = machine.oneIn(3);
      machine.say('the disk gets full');
      this.#relief = () => (disk.capacityBytes = Number.POSITIVE_INFINITY);
    } else if (kind < 7) {
      machine.say('the disk stalls');
      disk.stall();
      this.#relief = () => disk.unstall();
    } else if (kind < 9) {
      machine.say('reads fail');
      disk.failing.set('read', 'EIO');
      this.#relief = () => disk.failing.delete('read');
    } else if (machine.oneIn(3)) {
      const operation = machine.pick([
        'write',
        'datasync',
        'truncate',
        'open',
        'rename',
        'unlink',
        'syncDirectory',
      ] as const);
      machine.say(`${operation} fails`);
      disk.failing.set(operation, 'EIO');
      this.#relief = () => disk.failing.delete(operation);
    }
  }

  /** Ends all misfortune and waits for what is under way. */
  async #settle(untilWell: boolean): Promise<void> {
    const { machine } = this;
    this.#relief?.();
    this.#relief = null;
    const { engine } = machine;
    await machine.run(Promise.allSettled(this.#pending.splice(0)));
    if (!untilWell || machine.disk.hasCrashed) return;
    for (let i = 0; i < 200 && engine.refusal?.code === 'DISK_FULL'; i++) {
      machine.clock.advance(500);
      await turns(20);
    }
    if (!machine.disk.hasCrashed)
      assert.notEqual(engine.refusal?.code, 'DISK_FULL', 'writing goes on once there is room');
  }

  /** Waits for a call that may fail while the disk does. */
  async #wait(call: Promise<unknown>): Promise<void> {
    if (this.#relief !== null && this.machine.disk.openFiles >= 0) {
      // What stalls is waited for once it does not.
      this.#start(call);
      await turns(4);
      return;
    }
    await this.machine.run(call.catch((error: unknown) => this.#mustBeExpected(error)));
  }

  /** Lets a call go on by itself. */
  #start(call: Promise<unknown>): void {
    const settled = call.catch((error: unknown) => this.#mustBeExpected(error));
    // What must not be is told by whoever waits for all.
    settled.catch(() => undefined);
    this.#pending.push(settled.catch((error: unknown) => (this.#fault ??= error)));
  }

  #fault: unknown = null;

  #note(error: unknown): void {
    try {
      this.#mustBeExpected(error);
    } catch (unexpected) {
      this.#fault ??= unexpected;
    }
  }

  /** @throws what is no failure of the disk */
  #mustBeExpected(error: unknown): void {
    const { code } = error as { code?: unknown };
    const isStorage = error instanceof StorageError && EXPECTED_CODES.has(error.code);
    const isSystem = error instanceof Error && error.message.includes('by the faulty disk');
    // The partition layer's own words for the same, and for one that was given up meanwhile.
    if (!isStorage && !isSystem && code !== 56 && code !== 6) throw error;
  }

  /** Compares all with what a start found. */
  async #check(end: End, isOrderly: boolean): Promise<void> {
    if (this.#fault !== null) throw this.#fault;
    const { machine } = this;
    const promisedAt = end === 'power' ? machine.flushedAt : Number.POSITIVE_INFINITY;
    let newestAt = 0;
    let lostAt = Number.POSITIVE_INFINITY;
    for (const stream of this.#gone.splice(0)) {
      assert.ok(stream.deletedAt === 0 || !machine.engine.has(stream.id), `stream ${stream.id} stays deleted`);
      if (machine.engine.has(stream.id)) this.#start(stream.delete());
    }
    for (const stream of this.#streams) {
      const found = await machine.run(stream.recovered(promisedAt));
      newestAt = Math.max(newestAt, found.newestAt);
      lostAt = Math.min(lostAt, found.lostAt);
      await machine.run(stream.checkSnapshot(isOrderly));
    }
    for (const stream of this.#compacted) {
      const found = await machine.run(stream.recovered(promisedAt));
      newestAt = Math.max(newestAt, found.newestAt);
      lostAt = Math.min(lostAt, found.lostAt);
    }
    assert.ok(newestAt < lostAt, 'what was found is one prefix of the journal');
    await this.#partition.start(promisedAt);
  }

  async #finish(): Promise<void> {
    const { machine } = this;
    for (const stream of [...this.#streams, ...this.#compacted]) await machine.run(stream.readAll());
    await this.#settle(true);
    const { disk } = machine;
    await machine.end('stop');
    if (this.#fault !== null) throw this.#fault;
    assert.equal(disk.openFiles, 0, 'all files are closed');
  }

  /**
   * Goes on while some writes go to other places, or nowhere, and nobody is told: what is read then is right or refused, and
   * a start refuses by name, or serves what is right. What was written since may be lost.
   */
  async #goAstray(): Promise<void> {
    const { machine } = this;
    const { random, disk } = machine;
    await this.#settle(true);
    if (!machine.isWell) return;
    this.#isAstray = true;
    const isTold = (error: unknown): void => {
      if ((error as { code?: unknown }).code !== 'CORRUPT') this.#mustBeExpected(error);
    };
    for (let rounds = 3 + random.int(20); rounds > 0 && machine.isWell; rounds--) {
      if (machine.oneIn(3)) disk.misdirect = (path, position) => this.#elsewhere(path, position);
      const streams = this.#streams.filter((stream) => stream.exists);
      for (let i = random.int(6); i > 0; i--) machine.pick(streams).append();
      if (machine.oneIn(4)) await machine.run(machine.engine.seal().catch(isTold));
      if (machine.oneIn(3)) machine.clock.advance(random.int(20_000));
      await machine.run(machine.engine.flush().catch(isTold));
      await machine.run(machine.pick(streams).readDamaged(true));
    }
    disk.misdirect = null;
    await machine.end(machine.pick<End>(['stop', 'kill', 'power']));
    try {
      await machine.start();
    } catch (error) {
      if ((error as StorageError).code !== 'CORRUPT') throw error;
      machine.say(`refused: ${(error as Error).message}`);
      return;
    }
    for (const stream of this.#streams) await machine.run(stream.readDamaged(true));
    await machine.end('stop');
  }

  /** Where a write goes instead: another place of the file, another file, or nowhere. */
  #elsewhere(path: string, position: number): readonly [string, number] {
    const { random, disk } = this.machine;
    if (!/\.(wal|seg)$/.test(path)) return [path, position];
    const other = this.machine.pick([path, this.machine.pick(disk.paths()), '/nowhere']);
    const length = other === '/nowhere' ? 1 : disk.contents(other).length;
    const at = 8 * random.int(1 + Math.floor(length / 8));
    this.machine.say(`the write to ${path} at ${position} goes to ${other} at ${at}`);
    return [other, at];
  }

  /** Damages files at rest: a start refuses them by name, or serves what is right and refuses the rest. */
  async #damage(): Promise<void> {
    const { machine } = this;
    const { random, disk } = machine;
    const paths = disk.paths().filter((path) => /\.(wal|seg)$/.test(path));
    for (let places = 1 + random.int(3); places > 0; places--) {
      const path = machine.pick(paths);
      const { length } = disk.contents(path);
      const at = random.int(length);
      const bytes = Buffer.from(disk.contents(path).subarray(at, at + 1 + random.int(600)));
      const from = disk.contents(machine.pick(paths));
      const way = random.int(3);
      if (way === 0) bytes[0] = (bytes[0] as number) ^ (1 << random.int(8));
      else if (way === 1) bytes.fill(0);
      else from.copy(bytes, 0, random.int(from.length)); // a write that went astray
      machine.say(`damage in ${path} from ${at}, ${bytes.length} bytes`);
      disk.damage(path, at, bytes);
    }
    try {
      await machine.start();
    } catch (error) {
      if ((error as StorageError).code !== 'CORRUPT') throw error;
      machine.say(`refused: ${(error as Error).message}`);
      return;
    }
    for (const stream of this.#streams) {
      const refused = await machine.run(stream.readDamaged());
      machine.say(`stream ${stream.id}: ${refused} entries refused`);
    }
    await machine.end('stop');
  }
}

/** The command that runs a seed again. */
export function replayCommand(seed: number, powerCutAt?: number): string {
  return `npm run test:simulation -- --seed ${seed}${powerCutAt === undefined ? '' : ` --power-cut-at ${powerCutAt}`}`;
}

/** Runs a seed. @throws what went wrong, and how to see it again */
export async function simulate(seed: number, options: RunOptions = {}): Promise<RunReport> {
  try {
    return await new Run(seed, options).run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\nagain: ${replayCommand(seed, options.powerCutAt)}`, { cause: error });
  }
}
