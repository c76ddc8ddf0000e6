/**
 * What becomes of a Produce request's records before they are appended. Most are ready at once. Of those that are not, a few
 * are prepared at a time, so that requests take turns however many partitions they name.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { Slice } from '../base/counted.ts';
import { isPromise } from '../base/realms.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { AppendOptions, PartitionLog, PreparedSlice } from '../partition/types.ts';
import { isReencoded } from '../partition/prepare.ts';
import { BATCHES_FROM, isMessageSet } from '../partition/validate.ts';
import { type Holding, Rewritten } from './rewritten.ts';

/** One partition's part of a request. */
export interface UnpreparedWrite {
  readonly partition: PartitionLog;
  readonly answer: { readonly errorCode: number };
  records: Slice;
}

/** Writes the error into the write's answer: it is not to be appended. */
type Refuse<W> = (write: W, error: unknown, produceVersion: number) => void;

/** Batches of a request that are prepared at a time: as many as Node has threads. */
const AT_A_TIME = 4;
/** Bytes of all requests together, before they wait for each other. */
const REWRITTEN_BYTES = 64 * 1024 * 1024;
/** As many as may hold their records expanded. */
const REWRITTEN_AT_A_TIME = 2;

export const rewritten = new Rewritten(REWRITTEN_BYTES, REWRITTEN_AT_A_TIME);

function isRewritten({ partition, records }: UnpreparedWrite, { produceVersion }: AppendOptions): boolean {
  if (produceVersion < BATCHES_FROM && isMessageSet(records.bytes)) return true;
  return isReencoded(records.bytes, partition.config);
}

/**
 * Makes every write ready to be appended, or refuses it. Null when all are; else a promise of what they hold, to be released
 * when they are committed. It rejects for bugs only.
 */
export function prepareWrites<W extends UnpreparedWrite>(
  writes: readonly W[],
  options: AppendOptions,
  config: BrokerConfig,
  refuse: Refuse<W>,
): Promise<Holding> | null {
  const later = (): Preparing<W> => new Preparing(writes, options, config.int('socket.request.max.bytes'), refuse);
  for (let index = 0; index < writes.length; index++) {
    const write = writes[index] as W;
    try {
      if (write.partition.ready() !== null || isRewritten(write, options)) return later().run(index, null);
      const prepared = write.partition.prepare(write.records, options);
      if (isPromise(prepared)) return later().run(index + 1, { write, prepared });
      if (prepared !== null) write.records = prepared;
    } catch (error) {
      refuse(write, error, options.produceVersion);
    }
  }
  return null;
}

/** A write whose preparation has begun. */
interface Begun<W> {
  readonly write: W;
  readonly prepared: Promise<PreparedSlice>;
}

class Preparing<W extends UnpreparedWrite> {
  readonly #writes: readonly W[];
  readonly #options: AppendOptions;
  readonly #refuseWith: Refuse<W>;
  readonly #holding = rewritten.begin();
  #next = 0;
  /** What the records may take together once they are prepared: as much as a request. */
  #leftBytes: number;

  constructor(writes: readonly W[], options: AppendOptions, maxBytes: number, refuse: Refuse<W>) {
    this.#writes = writes;
    this.#options = options;
    this.#leftBytes = maxBytes;
    this.#refuseWith = refuse;
  }

  #refuse(write: W, error: unknown): void {
    this.#refuseWith(write, error, this.#options.produceVersion);
  }

  /** Goes on from `index`, with one before it that has begun. */
  async run(index: number, begun: Begun<W> | null): Promise<Holding> {
    this.#next = index;
    try {
      const first = begun === null ? null : this.#finish(begun);
      first?.catch(() => undefined); // it is told below, once the others are waited for
      await Promise.all(this.#writes.slice(index).map((write) => this.#readied(write)));
      const others = Array.from({ length: AT_A_TIME - (first === null ? 0 : 1) }, () => this.#prepareOthers());
      await Promise.all([first?.then(() => this.#prepareOthers()), ...others]);
    } catch (error) {
      this.#holding.release();
      throw error;
    }
    this.#holding.prepared();
    return this.#holding;
  }

  async #readied(write: W): Promise<void> {
    try {
      await write.partition.ready();
    } catch (error) {
      this.#refuse(write, error);
    }
  }

  /** One after the other, beside others who do the same. */
  async #prepareOthers(): Promise<void> {
    for (let write = this.#writes[this.#next++]; write !== undefined; write = this.#writes[this.#next++]) {
      if (write.answer.errorCode !== ErrorCode.NONE) continue;
      try {
        if (isRewritten(write, this.#options)) await this.#holding.writeAnew(() => this.#prepare(write));
        else await this.#prepare(write);
      } catch (error) {
        this.#refuse(write, error);
      }
    }
  }

  /** Gives how many bytes the records have. */
  async #prepare(write: W): Promise<number> {
    const prepared = write.partition.prepare(write.records, this.#options);
    if (prepared !== null) this.#fit(write, isPromise(prepared) ? await prepared : prepared);
    return write.records.bytes.length;
  }

  async #finish({ write, prepared }: Begun<W>): Promise<void> {
    try {
      this.#fit(write, await prepared);
    } catch (error) {
      this.#refuse(write, error);
    }
  }

  /** Swaps the records. @throws KafkaError MESSAGE_TOO_LARGE: small batches may expand to far more than there is memory */
  #fit(write: W, prepared: PreparedSlice): void {
    const { length } = prepared.bytes;
    if (length > this.#leftBytes) {
      throw new KafkaError(
        ErrorCode.MESSAGE_TOO_LARGE,
        'The records of the request expand to more than a request may have.',
      );
    }
    this.#leftBytes -= length;
    write.records = prepared;
  }
}
