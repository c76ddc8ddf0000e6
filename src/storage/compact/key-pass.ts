/** The first pass: takes the latest offset of each key of a stream's dirty part into the map, until that is full. */
import { isPromise } from '../../base/realms.ts';
import { inSteps, type Pause, type Steps } from '../../base/steps.ts';
import {
  attributes,
  BatchAttribute,
  baseOffset,
  isControl,
  nextOffset,
  producerId,
} from '../../../protocol/records/batch.ts';
import { KafkaError } from '../../../protocol/errors.ts';
import { readMarker } from '../../../protocol/records/markers.ts';
import { bodyOf, mustBeSound, problemOf, RECORDS_PER_STEP, recordsOf, soundDelta } from './batch-records.ts';
import type { OffsetMap } from './offset-map.ts';
import { PassedTransactions } from './transactions.ts';
import type { CompactionTask } from './types.ts';

export class KeyPass {
  readonly #transactions: PassedTransactions;
  readonly map: OffsetMap;
  readonly task: CompactionTask;
  readonly pause: Pause;
  /** Exclusive end of what the map knows so far. */
  #end: number;
  /** Why nothing of the stream can be compacted; null if it can. */
  problem: string | null = null;

  /** Empties the map. @param pause between the steps of a batch that has very many records */
  constructor(task: CompactionTask, map: OffsetMap, pause: Pause = null) {
    this.task = task;
    this.pause = pause;
    this.map = map;
    this.#transactions = new PassedTransactions(task.aborted);
    this.#end = task.firstDirtyOffset;
    map.reset(task.endOffset - task.firstDirtyOffset, task.mapBytes, task.mapLoadFactor);
  }

  /** Takes the next whole batch that ends behind the first dirty offset; false when it has seen enough. */
  take(batch: Buffer): boolean | Promise<boolean> {
    try {
      if (baseOffset(batch, 0) >= this.task.endOffset) return false;
      mustBeSound(batch);
      if (!this.#counts(batch)) return this.#goOnBehind(batch);
      const body = bodyOf(batch, this.pause);
      const read = isPromise(body) ? body.then((large) => this.#read(batch, large)) : this.#read(batch, body);
      return isPromise(read) ? read.catch((error: unknown) => this.#give(batch, error)) : read;
    } catch (error) {
      return this.#give(batch, error);
    }
  }

  /** Exclusive end of what the map knows: where this compaction ends. Before the task's end if the map was full. */
  get end(): number {
    return this.problem === null ? this.#end : this.task.firstDirtyOffset;
  }

  /** True if the batch has records whose keys count. */
  #counts(batch: Buffer): boolean {
    if ((attributes(batch, 0) & BatchAttribute.TRANSACTIONAL) === 0) return !isControl(batch, 0);
    const lastOffset = nextOffset(batch, 0) - 1;
    if (!isControl(batch, 0)) return !this.#transactions.isAborted(producerId(batch, 0), lastOffset);
    const marker = readMarker(batch);
    if (marker !== null) this.#transactions.endsNothing(producerId(batch, 0), lastOffset, marker.outcome);
    return false;
  }

  #read(batch: Buffer, body: Buffer | null): boolean | Promise<boolean> {
    return body === null ? this.#goOnBehind(batch) : inSteps(this.#readSteps(batch, body), this.pause);
  }

  *#readSteps(batch: Buffer, body: Buffer): Steps<boolean> {
    const { firstDirtyOffset, endOffset } = this.task;
    const base = baseOffset(batch, 0);
    const records = recordsOf(batch, body);
    for (let left = RECORDS_PER_STEP; records.next(); left--) {
      if (left === 0) {
        left = RECORDS_PER_STEP;
        yield;
      }
      const offset = base + soundDelta(records.offsetDelta, batch);
      if (records.keyLength < 0 || offset < firstDirtyOffset || offset >= endOffset) continue;
      if (!this.map.put(body, records.keyStart, records.keyLength, offset)) return false;
      this.#end = Math.max(this.#end, offset + 1);
    }
    return this.#goOnBehind(batch);
  }

  #goOnBehind(batch: Buffer): boolean {
    this.#end = Math.min(this.task.endOffset, Math.max(this.#end, nextOffset(batch, 0)));
    return true;
  }

  /** Damage makes an end of it; whatever else was thrown is thrown on. */
  #give(batch: Buffer, error: unknown): boolean {
    if (!(error instanceof KafkaError)) throw error;
    this.problem = problemOf(batch, error);
    return false;
  }
}
