/**
 * A disk on which one call of a workload fails, whichever: the journal goes on or is given up, nothing that was
 * acknowledged is lost, everybody who waits is told, and the engine can be closed and leaves no file open.
 */
import assert from 'node:assert/strict';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import type { OpenFile, OpenMode } from '../../../src/storage/files/files.ts';
import type { Durability } from '../../../src/storage/types.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { testInOwnThread } from '../../support/own-thread.ts';
import { runUntil } from '../../support/run-clock.ts';
import { openSmallEngine } from '../../support/small-engine.ts';

/** More seeds find more: `SEEDS=1,2,3`. */
const SEEDS = (process.env['SEEDS'] ?? '2').split(',').map(Number);
const ROUNDS = 50;

/** A disk whose call number `failAt` fails, before or after it took effect. */
class FailingDisk extends FaultyDisk {
  calls = 0;
  failed = '';
  readonly #failAt: number;

  constructor(seed: number, failAt: number) {
    super(seededRandom(seed));
    this.#failAt = failAt;
  }

  async #call<T>(name: string, call: () => Promise<T>): Promise<T> {
    const isFailing = ++this.calls === this.#failAt;
    if (!isFailing) return await call();
    this.failed = name;
    // A sync that failed has taken nothing to the device, and nobody can close a file that did not open.
    if (this.#failAt % 2 === 0 && !/sync|open/.test(name)) await call();
    throw Object.assign(new Error(`${name} failed`), { code: 'EIO' });
  }

  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await this.#call(`open ${mode}`, () => super.open(path, mode));
    return {
      ...file,
      writeSync: (buffers, position) => {
        if (++this.calls !== this.#failAt) return file.writeSync(buffers, position);
        this.failed = 'writeSync';
        throw Object.assign(new Error('writeSync failed'), { code: 'EIO' });
      },
      write: (buffers, position) => this.#call('write', () => file.write(buffers, position)),
      datasync: () => this.#call('datasync', () => file.datasync()),
      truncate: (length) => this.#call('truncate', () => file.truncate(length)),
    };
  }

  override rename(from: string, to: string): Promise<void> {
    return this.#call('rename', () => super.rename(from, to));
  }

  override unlink(path: string): Promise<void> {
    return this.#call('unlink', () => super.unlink(path));
  }

  override syncDirectory(): Promise<void> {
    return this.#call('syncDirectory', () => super.syncDirectory());
  }
}

/** Appends to stream 1 and trims it, until done or until the journal is given up; gives what was acknowledged. */
async function work(engine: Engine, clock: ManualClock, seed: number): Promise<Buffer[]> {
  const random = seededRandom(seed);
  const acknowledged: Buffer[] = [];
  const pending: Array<Promise<unknown>> = [];
  engine.createStream(1);
  for (let round = 0; round < ROUNDS && engine.refusal === null; round++) {
    for (let i = random.int(4); i >= 0 && engine.refusal === null; i--) {
      const appended = append(engine, 1, { bodyBytes: random.int(10) === 0 ? 9000 : random.int(700) });
      pending.push(
        appended.then(
          (bytes) => acknowledged.push(bytes),
          (error: unknown) => assert.equal((error as { code?: string }).code, 'POISONED'),
        ),
      );
    }
    if (random.int(3) === 0) pending.push(engine.trim(1, acknowledged.length).catch(() => undefined));
    if (random.int(4) === 0) engine.writeSnapshot(1, acknowledged.length, Buffer.alloc(random.int(300)));
    for (let turn = random.int(8); turn > 0; turn--) {
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await runUntil(clock, Promise.all(pending));
  return acknowledged;
}

async function live(seed: number, failAt: number, durability: Durability): Promise<FailingDisk> {
  const disk = new FailingDisk(seed, failAt);
  const clock = new ManualClock();
  let acknowledged: Buffer[] = [];
  let isPoisoned = false;
  try {
    const engine = await openSmallEngine(disk, durability, clock);
    try {
      acknowledged = await work(engine, clock, seed);
    } finally {
      isPoisoned = engine.refusal !== null;
      await runUntil(clock, engine.close());
    }
  } catch (error) {
    assert.match((error as Error).message, / failed$/);
  }
  assert.equal(disk.openFiles, 0, 'no file is left open');
  if (/write|datasync/.test(disk.failed) && acknowledged.length === 0) return disk;
  // A failed sync may have been of anything: what the device did not get is lost with the machine, if promised to `os`.
  const left = durability === 'fsync' && isPoisoned ? disk.afterPowerCut() : disk.afterKill();
  const again = await openSmallEngine(left, durability, clock);
  if (acknowledged.length > 0) {
    const { logStartOffset, logEndOffset } = again.state(1);
    assert.ok(logEndOffset >= acknowledged.length, `${logEndOffset} of ${acknowledged.length} batches are there`);
    const expected = Buffer.concat(acknowledged.slice(logStartOffset));
    assert.ok((await readAll(again, 1)).subarray(0, expected.length).equals(expected), 'they read back');
  }
  await runUntil(clock, again.close());
  return disk;
}

for (const durability of ['os', 'fsync'] as const) {
  testInOwnThread(
    import.meta.url,
    `any one call that fails loses nothing that was acknowledged (${durability})`,
    async () => {
      const kinds = new Set<string>();
      for (const seed of SEEDS) {
        const { calls } = await live(seed, Number.POSITIVE_INFINITY, durability);
        for (let failAt = 1; failAt <= calls; failAt++) {
          try {
            kinds.add((await live(seed, failAt, durability)).failed);
          } catch (error) {
            throw new Error(`seed ${seed}, call ${failAt}: ${(error as Error).message}`, { cause: error });
          }
        }
      }
      assert.ok(kinds.size >= 8, [...kinds].join(', '));
    },
  );
}
