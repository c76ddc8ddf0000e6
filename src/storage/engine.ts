/** The engine behind the `LogEngine` seam: what is asked of it goes to the part that does it (`engine-parts.ts`). */
import type { Cleanable, CompactionOutcome, CompactionPolicy, CompactionRequest } from './compaction-types.ts';
import type { EngineContext } from './context.ts';
import type { PublishedSegments, SegmentPublisher } from './convert/publication.ts';
import { type EngineMakers, type EngineParts, makeParts } from './engine-parts.ts';
import { retentionPoint } from './retention/retention.ts';
import type { LostGap } from './retention/trims.ts';
import type { PinnedFiles } from './runs/journal/file-table.ts';
import type { StatsSnapshot } from './stats.ts';
import type { WalStats } from './wal-stats.ts';
import { StorageError } from './types.ts';
import type {
  AbortedTransaction,
  BatchLocation,
  EpochStart,
  JournalEnd,
  JournalUsage,
  LogEngine,
  ReadOptions,
  RetentionPolicy,
  LaidAppend,
  StreamAppend,
  StreamId,
  StreamOptions,
  StreamRead,
  StreamState,
} from './types.ts';

export class Engine implements LogEngine {
  readonly #context: EngineContext;
  readonly #parts: EngineParts;
  readonly #sealListeners: Array<() => void> = [];
  readonly #failureListeners: Array<(error: StorageError) => void> = [];
  #closing: Promise<void> | null = null;

  /** Use `openEngine`. */
  constructor(context: EngineContext, makers: EngineMakers) {
    this.#context = context;
    this.#parts = makeParts(context, makers, {
      onBeforeSeal: () => this.#beforeSeal(),
      onFailure: (error) => {
        this.#parts.compactions.stop();
        for (const listener of this.#failureListeners) listener(error);
      },
    });
  }

  get usage(): JournalUsage {
    return this.#parts.statistics.usage;
  }

  /** Makes space ready behind a recovered end. */
  async start(): Promise<void> {
    await this.#parts.journal.start();
    this.#parts.reclaimer.schedule();
  }

  get refusal(): StorageError | null {
    return this.#parts.journal.refusal;
  }

  get pendingBytes(): number {
    return this.#parts.journal.pendingBytes;
  }

  /** True after a clean stop: all that was acknowledged is on the device. */
  get isClosedCleanly(): boolean {
    return this.#parts.journal.refusal?.code === 'CLOSED';
  }

  /** Where the journal ends; after a clean stop, where the next start finds its end. */
  get end(): JournalEnd {
    return this.#parts.journal.end;
  }

  createStream(stream: StreamId, options?: StreamOptions): void {
    this.#parts.streams.create(stream, options);
  }

  async deleteStream(stream: StreamId): Promise<void> {
    const { streams, readers, compactions, reclaim } = this.#parts;
    streams.refuseUnlessFull();
    streams.rowOf(stream);
    const deleted = streams.delete(stream);
    readers.forget(stream);
    compactions.forget(stream);
    await deleted;
    reclaim();
  }

  streamIds(): Iterable<StreamId> {
    return this.#parts.streams.ids();
  }

  state(stream: StreamId): StreamState {
    return this.#parts.streams.state(stream);
  }

  /** True when the stream exists. */
  has(stream: StreamId): boolean {
    return this.#parts.streams.has(stream);
  }

  /** Where the next append to the stream goes, which is made unless it is there. */
  createdEndOffset(stream: StreamId): number {
    return this.#parts.streams.createdEndOffset(stream);
  }

  append(append: StreamAppend | LaidAppend): void {
    this.#parts.streams.append(append);
  }

  read(options: ReadOptions): StreamRead | Promise<StreamRead> {
    return this.#parts.readers.reader.read(options);
  }

  abortedTransactions(
    stream: StreamId,
    fromOffset: number,
    endOffset: number,
  ): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    return this.#parts.readers.aborted.find(stream, fromOffset, endOffset);
  }

  findByTimestamp(
    stream: StreamId,
    timestampMs: number,
    fromOffset: number,
    endOffset: number,
  ): Promise<BatchLocation | null> {
    return this.#parts.readers.search.findByTimestamp(stream, timestampMs, fromOffset, endOffset);
  }

  findMaxTimestamp(stream: StreamId, endOffset: number): Promise<BatchLocation | null> {
    return this.#parts.readers.search.findMaxTimestamp(stream, endOffset);
  }

  leaderEpochs(stream: StreamId): Promise<readonly EpochStart[]> {
    return this.#parts.readers.search.leaderEpochs(stream);
  }

  scanHeaders(stream: StreamId, fromOffset: number, visit: (header: Buffer) => void): Promise<void> {
    return this.#parts.readers.search.scanHeaders(stream, fromOffset, visit);
  }

  async trim(stream: StreamId, logStartOffset: number): Promise<void> {
    const { streams, trims } = this.#parts;
    streams.refuseUnlessFull();
    await trims.trim(stream, streams.rowOf(stream), logStartOffset);
  }

  /** Has the journal know that one of its files is not there any more, and need not be. */
  async giveUpFile(sequence: number): Promise<void> {
    await this.#parts.trims.giveUpFile(sequence);
  }

  /** Gives up what is missing of a stream whose files were lost: readers go on behind it. Gives what that is. */
  async giveUpMissing(stream: StreamId): Promise<readonly LostGap[]> {
    const { streams, trims } = this.#parts;
    return await trims.giveUpMissing(stream, streams.rowOf(stream));
  }

  retentionPoint(stream: StreamId, policy: RetentionPolicy, nowMs: number, endOffset: number): Promise<number> {
    const { streams, readers } = this.#parts;
    streams.rowOf(stream);
    return retentionPoint(this.#context.directory, readers.locator, { stream, policy, nowMs, endOffset });
  }

  cleanable(stream: StreamId, policy: CompactionPolicy, stableOffset: number, nowMs: number): Promise<Cleanable> {
    return this.#parts.compactions.cleanable(stream, policy, stableOffset, nowMs);
  }

  compact(request: CompactionRequest): Promise<CompactionOutcome | null> {
    return this.#parts.compactions.compact(request);
  }

  writeSnapshot(
    stream: StreamId,
    offset: number,
    bytes: Buffer,
    onEnd?: (isKept: boolean) => void,
    isForTrim = false,
  ): boolean {
    const goesWithTrim = isForTrim && this.#parts.journal.takesEntry(bytes.length, true);
    // Else state can be rebuilt from an older one, unless its batches are trimmed.
    if (this.#parts.journal.refusal !== null && !goesWithTrim) onEnd?.(false);
    else this.#parts.snapshots.write(stream, offset, bytes, onEnd, goesWithTrim);
    return goesWithTrim;
  }

  readSnapshot(stream: StreamId): Promise<{ readonly offset: number; readonly bytes: Buffer } | null> {
    return this.#parts.snapshots.read(stream);
  }

  onBeforeSeal(listener: () => void): void {
    this.#sealListeners.push(listener);
  }

  /** Called when a journal file is kept by nothing but old changes in the catalog's stream. */
  onCatalogPins(listener: () => Promise<void>): void {
    this.#parts.reclaimer.onCatalogPins(listener);
  }

  /** See CatalogJournal. */
  async openSegments(published: PublishedSegments): Promise<void> {
    if (this.#parts.conversion !== null) await this.#parts.conversion.converter.open(published);
    else if (published.convertedTo > 0) throw new StorageError('CORRUPT', 'This engine was opened without segments');
  }

  /** See CatalogJournal. */
  onPublish(publisher: SegmentPublisher): void {
    this.#parts.conversion?.converter.begin(publisher);
  }

  /** True when the full disk's reserve has room for this much that frees space. */
  takesWhileFull(byteLength: number): boolean {
    return this.#parts.journal.takesEntry(byteLength, false);
  }

  onFailure(listener: (error: StorageError) => void): void {
    this.#failureListeners.push(listener);
  }

  flush(): Promise<void> {
    return this.#parts.journal.flush();
  }

  /** Seals the active file now, if there is anything in it. */
  seal(): Promise<void> {
    return this.#parts.journal.seal();
  }

  /**
   * Gives space to somebody else on the journal's disk who found none: the spare file, else some of the reserve, without
   * which appends are refused until it is whole again. False when there was nothing to give.
   */
  makeRoom(mayUseReserve = true): Promise<boolean> {
    return this.#parts.journal.makeRoom(mayUseReserve);
  }

  /**
   * All files, the journal's as far as they are written now and on the device, kept from being deleted until `release`. The
   * segments among them are those that the journal's copy of the catalog names.
   * @throws StorageError, as a rejection
   */
  async pinFiles(): Promise<PinnedFiles> {
    const { conversion, journal: written } = this.#parts;
    let seen: Promise<void> | undefined;
    do {
      seen = conversion?.converter.publication;
      await seen;
      // On a full disk the catalog does not wait for its copy.
      await written.flush();
    } while (seen !== conversion?.converter.publication);
    const journal = this.#context.table.pin();
    const segments = conversion?.segments.pin();
    const release = (): void => {
      journal.release();
      segments?.release();
    };
    return { files: [...journal.files, ...(segments?.files ?? [])], release };
  }

  /** Lets go of about `byteLength` bytes of the tail cache. */
  evictCache(byteLength: number): number {
    return this.#context.cache.evict(byteLength);
  }

  /** A moment's figures. */
  stats(): StatsSnapshot {
    return this.#parts.statistics.snapshot();
  }

  /** The statistics as users see them. */
  walStats(): WalStats {
    return this.#parts.statistics.walStats();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const { streams, compactions, conversion, journal, reclaimer } = this.#parts;
    streams.close();
    compactions.stop();
    // What is being published is journaled, too.
    await conversion?.converter.stop();
    if (journal.refusal === null) this.#beforeSeal();
    reclaimer.stop();
    const { table, cache, staging, buffers } = this.#context;
    try {
      await journal.close();
    } finally {
      cache.clear();
      await table.closeAll();
      await this.#context.files.rest();
      await conversion?.segments.close();
      staging.close();
      buffers.close();
    }
  }

  #beforeSeal(): void {
    for (const listener of this.#sealListeners) {
      try {
        listener();
      } catch (error) {
        this.#context.logger.error('seal-listener-failed', 'A listener for seals threw', { error });
      }
    }
  }
}
