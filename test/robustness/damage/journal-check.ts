/** Opens a damaged journal and says what is wrong with what comes of it. */
import { isDeepStrictEqual } from 'node:util';
import { verifyCrc } from '../../../protocol/records/batch.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { readOnce } from '../../support/batches.ts';
import type { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';
import { Witness } from '../../support/witness.ts';
import { type KnownBatch, type KnownStream, openJournal, type World } from './journal-world.ts';

/** What came of one damage. */
export interface Outcome {
  readonly problems: string[];
  /** The start was refused, or some reads were, or all was served. */
  readonly result: 'refused start' | 'refused reads' | 'served';
}

/** A message names a file and what to do. */
const NAMES_WAY_OUT = /\.wal|journal: all journal files|journal starts with file/;
const TELLS_WAY_OUT = /restore|newer version|check the data directory|catalog rebuild/i;

function contentsOf(disk: FaultyDisk): Map<string, string> {
  return new Map(disk.paths().map((path) => [path, disk.contents(path).toString('latin1')]));
}

/**
 * @param mayEndEarly the damage is behind what the journal knows to be on the device: as after a torn write, a start may
 * give a shorter prefix
 */
export async function checkJournal(disk: FaultyDisk, world: World, mayEndEarly: boolean): Promise<Outcome> {
  const clock = new ManualClock();
  const before = contentsOf(disk);
  const witness = new Witness(world.end);
  let engine: Engine;
  try {
    engine = await openJournal(disk, clock, witness);
  } catch (error) {
    return { problems: refusalProblems(error, disk, before), result: 'refused start' };
  }
  const check = new JournalCheck(engine, mayEndEarly);
  await check.all(world);
  await runUntil(clock, engine.close());
  witness.end = engine.end;
  // What came back once comes back again.
  const again = new JournalCheck(await openJournal(disk.afterKill(), clock, witness), mayEndEarly);
  await again.all(world);
  const problems = [...check.problems, ...again.problems.map((problem) => `second start: ${problem}`)];
  return { problems, result: check.refusedReads > 0 ? 'refused reads' : 'served' };
}

function refusalProblems(error: unknown, disk: FaultyDisk, before: ReadonlyMap<string, string>): string[] {
  const problems = messageProblems(error);
  // The spare and the reserve hold nothing; all else must be as it was.
  for (const [path, contents] of before) {
    if (!path.endsWith('.wal')) continue;
    if (!disk.paths().includes(path)) problems.push(`${path} was deleted`);
    else if (disk.contents(path).toString('latin1') !== contents) problems.push(`${path} was changed`);
  }
  return problems;
}

function messageProblems(error: unknown): string[] {
  const { code, message } = error as Error & { code?: string };
  const isClear = code === 'CORRUPT' && NAMES_WAY_OUT.test(message) && TELLS_WAY_OUT.test(message);
  return isClear ? [] : [`an unclear refusal: ${String((error as Error).stack)}`];
}

class JournalCheck {
  readonly #engine: Engine;
  readonly #mayEndEarly: boolean;
  readonly problems: string[] = [];
  refusedReads = 0;

  constructor(engine: Engine, mayEndEarly: boolean) {
    this.#engine = engine;
    this.#mayEndEarly = mayEndEarly;
  }

  async all(world: World): Promise<void> {
    for (const [stream, known] of world.streams) await this.#stream(stream, known);
    if (this.#mayEndEarly) return;
    for (const stream of world.deleted) if (this.#engine.has(stream)) this.problems.push(`stream ${stream} is back`);
  }

  async #stream(stream: number, known: KnownStream): Promise<void> {
    if (!this.#engine.has(stream)) {
      if (!this.#mayEndEarly) this.problems.push(`stream ${stream} is gone`);
      return;
    }
    const { logStartOffset, logEndOffset } = this.#engine.state(stream);
    const end = known.batches.at(-1)?.endOffset ?? 0;
    const isExact = logStartOffset === known.logStartOffset && logEndOffset === end;
    const isEarlier = logStartOffset <= known.logStartOffset && logEndOffset <= end;
    if (!isExact && !(this.#mayEndEarly && isEarlier)) {
      const [is, should] = [`${logStartOffset} to ${logEndOffset}`, `${known.logStartOffset} to ${end}`];
      this.problems.push(`stream ${stream} is from ${is} instead of ${should}`);
    }
    for (const batch of known.batches) {
      if (batch.endOffset <= logStartOffset || batch.endOffset > logEndOffset) continue;
      await this.#batch(stream, batch);
    }
    await this.#others(stream, known);
  }

  async #batch(stream: number, batch: KnownBatch): Promise<void> {
    try {
      const read = await readOnce(this.#engine, stream, batch.baseOffset, { maxBytes: 1 });
      const isWhere = read.startOffset === batch.baseOffset && read.endOffset === batch.endOffset;
      if (isWhere && read.bytes.equals(batch.bytes)) return;
      // As in Kafka, the records of a batch are not looked at: its CRC is wrong then, and the client refuses it.
      if (isWhere && isOnlyTorn(read.bytes, batch.bytes, stream)) return;
      this.problems.push(`stream ${stream} at ${batch.baseOffset}: other bytes are served`);
    } catch (error) {
      this.#refused(error);
    }
  }

  async #others(stream: number, known: KnownStream): Promise<void> {
    try {
      const snapshot = await this.#engine.readSnapshot(stream);
      const isOld = this.#mayEndEarly || snapshot === null;
      if (!isOld && known.snapshot !== null && !snapshot.bytes.equals(known.snapshot)) {
        this.problems.push(`stream ${stream}: another snapshot`);
      }
      const found = await this.#engine.findMaxTimestamp(stream, Number.MAX_SAFE_INTEGER);
      const batch = known.batches.find(({ baseOffset }) => baseOffset === found?.baseOffset);
      if (found !== null && batch?.bytes.equals(found.bytes) !== true) this.problems.push(`stream ${stream}: search`);
      const { logStartOffset, logEndOffset } = this.#engine.state(stream);
      const aborted = await this.#engine.abortedTransactions(stream, logStartOffset, logEndOffset);
      const expected = known.batches
        .flatMap((each) => each.aborted ?? [])
        .filter(({ lastOffset }) => {
          return lastOffset >= logStartOffset && lastOffset < logEndOffset;
        });
      if (!isDeepStrictEqual(aborted, expected)) this.problems.push(`stream ${stream}: other aborted transactions`);
    } catch (error) {
      this.#refused(error);
    }
  }

  #refused(error: unknown): void {
    this.refusedReads += 1;
    this.problems.push(...messageProblems(error));
  }
}

/** Same headers as far as offsets go, and a CRC that tells that the rest is not what was written. */
function isOnlyTorn(read: Buffer, written: Buffer, stream: number): boolean {
  if (read.length !== written.length) return false;
  if (stream === 6) return true; // no record batches: whoever wrote them checks them
  return read.subarray(0, 17).equals(written.subarray(0, 17)) && !verifyCrc(read, 0);
}
