/** What must be in the broker: told by the writers as they are answered, compared with everything that is read. */
import { batchPositions, decodeRecordsSync } from '../../../protocol/records/iterate.ts';
import { baseOffset, nextOffset, verifyCrc } from '../../../protocol/records/batch.ts';

/** Problems that are kept: the first tell most. */
const MAX_PROBLEMS = 20;

/** Counters of a writer's records stay below this. */
const WRITER_STRIDE = 2 ** 32;

/** A number that is every record's own. */
export const recordId = (writer: number, counter: number): number => writer * WRITER_STRIDE + counter;

/** The key of a record: its id. */
export function keyOf(id: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeDoubleBE(id);
  return key;
}

/** One partition: which record lies at which offset, by what was acknowledged and what was read. */
export class PartitionModel {
  readonly name: string;
  /** By offset. */
  readonly #ids: (number | undefined)[] = [];
  readonly #offsets = new Map<number, number>();
  readonly #fail: (problem: string) => void;
  /** Everything before was acknowledged, or read, by somebody. */
  knownEnd = 0;
  /** Records before may be gone: a deletion or retention was asked for. */
  allowedStart = 0;
  /** Records before must be gone. */
  leastStart = 0;

  constructor(name: string, fail: (problem: string) => void) {
    this.name = name;
    this.#fail = fail;
  }

  /** A record is known to lie at an offset, because the broker acknowledged it or sent it. */
  observe(id: number, offset: number, how: 'acknowledged' | 'read'): void {
    const there = this.#ids[offset];
    if (there !== undefined && there !== id) {
      this.#fail(`${this.name}: offset ${offset} was record ${there}, now ${how} as ${id}`);
    }
    const before = this.#offsets.get(id);
    if (before !== undefined && before !== offset) {
      this.#fail(`${this.name}: record ${id} lies at ${before} and, ${how}, at ${offset}`);
    }
    this.#ids[offset] = id;
    this.#offsets.set(id, offset);
    this.knownEnd = Math.max(this.knownEnd, offset + 1);
  }

  /** Where a record lies; undefined when nobody ever saw it. */
  offsetOf(id: number): number | undefined {
    return this.#offsets.get(id);
  }

  /** The log start offset, as the broker tells it. One that was seen and not acknowledged may fall back with a kill. */
  observeStart(offset: number): void {
    if (offset > this.allowedStart) this.#fail(`${this.name}: log start ${offset}, asked for ${this.allowedStart}`);
    if (offset < this.leastStart) this.#fail(`${this.name}: log start ${offset}, ${this.leastStart} was acknowledged`);
  }

  /** Takes fetched bytes that begin at `offset` or in a batch that holds it; gives the offset to read next. */
  read(bytes: Buffer, offset: number): number {
    let expected = offset;
    for (const at of batchPositions(bytes)) {
      const base = baseOffset(bytes, at);
      if (base > expected || nextOffset(bytes, at) <= expected) {
        this.#fail(`${this.name}: expected offset ${expected}, got a batch ${base}..${nextOffset(bytes, at)}`);
      }
      if (!verifyCrc(bytes, at)) this.#fail(`${this.name}: the batch at ${base} is damaged`);
      for (const { key, offset: at_ } of decodeRecordsSync(bytes, at)) {
        this.observe((key as Buffer).readDoubleBE(0), at_, 'read');
      }
      expected = nextOffset(bytes, at);
    }
    return expected;
  }
}

/** A whole run: partitions, and what went wrong. */
export class Model {
  readonly problems: string[] = [];
  readonly partitions = new Map<string, PartitionModel>();
  /** Starts so far, for the messages. */
  life = 0;
  acknowledgedBatches = 0;
  acknowledgedCommits = 0;
  acknowledgedTopicChanges = 0;

  readonly fail = (problem: string): void => {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(`${problem} (life ${this.life})`);
  };

  partition(topic: string, index: number): PartitionModel {
    const name = `${topic}-${index}`;
    let partition = this.partitions.get(name);
    if (partition === undefined) {
      partition = new PartitionModel(name, this.fail);
      this.partitions.set(name, partition);
    }
    return partition;
  }
}
