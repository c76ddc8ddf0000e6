/**
 * Acquires records of several share partitions for a member: at once when enough can be read, else when more comes, is
 * given back or loaded, or when time is up. One fetch at a time reads from a share partition.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { Timer } from '../../base/clock.ts';
import type { PartList } from '../../base/part-list.ts';
import { readFailure } from '../../partition/failures.ts';
import { IsolationLevel, type PartitionLog, type PartitionRead, type PartitionWaiter } from '../../partition/types.ts';
import type { AcquiredRecords, AcquireMode } from '../../share/acquire.ts';
import type { TopicIdPartition } from '../../share/sessions.ts';
import { SharePartition } from '../../share/share-partition.ts';
import { errorFields, type ErrorFields } from '../api-error.ts';
import type { BrokerServices, ConnectionInfo } from '../types.ts';
import { LoadedRecords } from './records.ts';

export interface ShareFetchOptions {
  readonly services: BrokerServices;
  readonly connection: ConnectionInfo;
  readonly groupId: string;
  readonly memberId: string;
  readonly mode: AcquireMode;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxRecords: number;
  readonly batchSize: number;
}

/** What came of one partition. */
export interface ShareFetched extends TopicIdPartition, Partial<ErrorFields> {
  readonly records?: PartList;
  readonly acquiredRecords?: readonly AcquiredRecords[];
}

/** A partition of the fetch; without a share partition as long as that is being loaded. */
interface Entry extends TopicIdPartition {
  readonly log: PartitionLog;
  share: SharePartition | null;
  error: ErrorFields | null;
}

/** What may still be read and acquired, of all partitions together. */
interface Room {
  records: number;
  bytes: number;
  /** Of one partition. */
  readonly mostBytes: number;
  /** Before, a first batch that is larger than that is read all the same. */
  hasRead: boolean;
}

/** Share partitions from which somebody reads now. */
const reading = new WeakSet<SharePartition>();

export class ShareFetch implements PartitionWaiter {
  readonly #options: ShareFetchOptions;
  readonly #isolation: IsolationLevel;
  readonly #entries: readonly Entry[];
  readonly #onShareProgress = (): void => this.onProgress();
  #settle: (fetched: Promise<readonly ShareFetched[] | null>) => void = () => {};
  #timer: Timer | null = null;
  #stopWatching: () => void = () => {};
  #isRunning = false;
  #isDone = false;

  /** @param logs what is wanted, in the order of preference */
  constructor(options: ShareFetchOptions, logs: readonly PartitionLog[]) {
    const { services, groupId } = options;
    this.#options = options;
    const isCommitted = services.metadata.groupConfig(groupId).shareIsolationLevel === 'read_committed';
    this.#isolation = isCommitted ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED;
    this.#entries = logs.map((log) => this.#open(log));
  }

  #open(log: PartitionLog): Entry {
    const { services, groupId } = this.#options;
    const slot = services.sharePartitions.open(groupId, log);
    const share = slot instanceof SharePartition ? slot : null;
    const entry: Entry = { topicId: log.topicId, partition: log.index, log, share, error: null };
    if (!(slot instanceof SharePartition)) {
      slot.then(
        (loaded) => {
          entry.share = loaded;
          if (!this.#isDone) loaded.addWaiter(this.#onShareProgress);
          this.onProgress();
        },
        (error: unknown) => {
          entry.error = errorFields(error, services);
          this.onProgress();
        },
      );
    }
    return entry;
  }

  /** What was acquired, partitions from which nothing could be read left out; null when the client is gone. */
  run(): Promise<readonly ShareFetched[] | null> {
    const { services, connection, maxWaitMs } = this.#options;
    return new Promise((resolve) => {
      this.#settle = resolve;
      for (const { log, share } of this.#entries) {
        log.addWaiter(this);
        share?.addWaiter(this.#onShareProgress);
      }
      this.#isRunning = true;
      if (maxWaitMs > 0) this.#timer = services.clock.setTimer(maxWaitMs, () => this.#finish(() => this.#acquire()));
      this.#stopWatching = connection.onClose(() => this.#finish(async () => null));
      this.onProgress();
    });
  }

  /** Something moved: looks whether it is enough. */
  onProgress(): void {
    if (this.#isDone || !this.#isRunning) return;
    // Who does not want to wait still waits for states to be read.
    const isLoading = this.#entries.some(({ share, error }) => share === null && error === null);
    const isOver = this.#options.maxWaitMs <= 0 && !isLoading;
    // States that cannot be read are no reason to answer early, as in Kafka: the client would ask again at once.
    if (isOver || this.#isEnough()) this.#finish(() => this.#acquire());
  }

  /** Once: what `fetch` does may itself be progress of a partition. */
  #finish(fetch: () => Promise<readonly ShareFetched[] | null>): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#timer?.cancel();
    this.#stopWatching();
    for (const { log, share } of this.#entries) {
      log.removeWaiter(this);
      share?.removeWaiter(this.#onShareProgress);
    }
    this.#settle(fetch());
  }

  /** Partitions from which something may be acquired, if nobody else reads from them. */
  #acquirable(): readonly (Entry & { readonly share: SharePartition })[] {
    const free = this.#entries.filter(({ share }) => share !== null && !reading.has(share) && share.canAcquire());
    return free as (Entry & { readonly share: SharePartition })[];
  }

  #isEnough(): boolean {
    const entries = this.#acquirable();
    if (entries.length === 0) return false;
    const { maxBytes, minBytes } = this.#options;
    const mostBytes = Math.floor(maxBytes / entries.length);
    let bytes = 0;
    for (const { log, share } of entries) {
      const offset = share.nextFetchOffset();
      try {
        if (offset < log.logStartOffset) return true;
        bytes += Math.min(log.availableBytes(offset, this.#isolation), mostBytes);
      } catch {
        return true; // reading says what it is
      }
    }
    return bytes >= minBytes;
  }

  /** Reads and acquires; called once. */
  async #acquire(): Promise<readonly ShareFetched[]> {
    const entries = this.#acquirable();
    for (const { share } of entries) reading.add(share);
    const { maxRecords, maxBytes } = this.#options;
    const mostBytes = Math.floor(maxBytes / Math.max(entries.length, 1));
    const room: Room = { records: maxRecords, bytes: maxBytes, mostBytes, hasRead: false };
    const fetched: ShareFetched[] = [];
    for (const entry of entries) {
      try {
        const outcome = await this.#acquireOf(entry, room);
        for (const { firstOffset, lastOffset } of outcome.acquiredRecords ?? []) {
          room.records -= lastOffset - firstOffset + 1;
        }
        fetched.push(outcome);
      } finally {
        reading.delete(entry.share);
        entry.share.wake();
      }
    }
    for (const { topicId, partition, error } of this.#entries) {
      if (error !== null) fetched.push({ topicId, partition, ...error });
    }
    return fetched;
  }

  async #acquireOf(
    { topicId, partition, log, share }: Entry & { readonly share: SharePartition },
    room: Room,
  ): Promise<ShareFetched> {
    const maxRecords = room.records;
    if (maxRecords <= 0) return { topicId, partition };
    const fetchOffset = share.nextFetchOffset();
    try {
      const read = await this.#read(log, fetchOffset, room);
      const loaded = await LoadedRecords.load(read.parts, share.endOffset, maxRecords);
      const { memberId, mode, batchSize } = this.#options;
      const acquired = share.acquire(
        { memberId, mode, batchSize, maxRecords, fetchOffset, batches: loaded.batches },
        this.#isolation === IsolationLevel.READ_COMMITTED ? read.abortedTransactions : null,
      );
      const [first] = acquired;
      const last = acquired.at(-1);
      if (first === undefined || last === undefined) {
        loaded.release();
        return { topicId, partition };
      }
      const records = loaded.take(first.firstOffset, last.lastOffset);
      log.traffic.sent(
        acquired.reduce((sum, range) => sum + range.lastOffset - range.firstOffset + 1, 0),
        records.byteLength,
      );
      return { topicId, partition, records, acquiredRecords: acquired };
    } catch (error) {
      const failure = readFailure(error, fetchOffset, log.logStartOffset);
      if (failure instanceof KafkaError && failure.code === ErrorCode.OFFSET_OUT_OF_RANGE) {
        // The log begins later than the group has come: it goes on there with the next fetch.
        share.moveLogStart(log.logStartOffset);
        return { topicId, partition };
      }
      return { topicId, partition, ...errorFields(failure, this.#options.services) };
    }
  }

  async #read(log: PartitionLog, offset: number, room: Room): Promise<PartitionRead> {
    const read = await log.read({
      offset,
      maxBytes: Math.min(room.bytes, room.mostBytes),
      atLeastOne: !room.hasRead,
      isolation: this.#isolation,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    });
    room.bytes = Math.max(0, room.bytes - read.byteLength);
    room.hasRead ||= read.byteLength > 0;
    return read;
  }
}
