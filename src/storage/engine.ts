/** The engine behind the `LogEngine` seam. */
import type { Cleanable, CompactionOutcome, CompactionPolicy, CompactionRequest } from './compaction-types.ts';
import type { EngineContext } from './context.ts';
import type { Conversion, MakeConversion } from './conversion.ts';
import { Compactions } from './convert/compactions.ts';
import type { Compactor } from './convert/compactor.ts';
import { MergeCompactor } from './convert/merge-compactor.ts';
import type { PublishedSegments, SegmentPublisher } from './convert/publication.ts';
import { ControlEntries } from './journal/control.ts';
import { ROW_INTERNAL, ROW_QUEUED } from './directory.ts';
import { batchEntry } from './format/batch-entry.ts';
import { EntryKind } from './format/format.ts';
import type { Journal, MakeJournal } from './journal/journal.ts';
import { releaseFile } from './journal/release.ts';
import type { PinnedFiles } from './runs/journal/file-table.ts';
import { JournalSource } from './runs/journal/source.ts';
import type { Locator } from './runs/locate.ts';
import { Readers } from './runs/readers.ts';
import { Reclaimer } from './retention/reclaim.ts';
import { retentionPoint } from './retention/retention.ts';
import { SnapshotStore } from './journal/snapshots.ts';
import { Trims } from './retention/trims.ts';
import { Statistics } from './statistics.ts';
import type { StatsSnapshot } from './stats.ts';
import type { WalStats } from './wal-stats.ts';
import { CATALOG_STREAM, StorageError } from './types.ts';
import type {
  AbortedTransaction,
  BatchLocation,
  EpochStart,
  JournalEnd,
  JournalUsage,
  LogEngine,
  ReadOptions,
  RetentionPolicy,
  StreamAppend,
  StreamId,
  StreamOptions,
  StreamRead,
  StreamState,
} from './types.ts';

export class Engine implements LogEngine {
  readonly #context: EngineContext;
  readonly #journal: Journal;
  readonly #readers: Readers;
  readonly #snapshots: SnapshotStore;
  readonly #reclaimer: Reclaimer;
  readonly #control: ControlEntries;
  readonly #statistics: Statistics;
  readonly #sealListeners: Array<() => void> = [];
  readonly #failureListeners: Array<(error: StorageError) => void> = [];
  readonly #trims: Trims;
  /** Null where nothing is merged. */
  readonly #conversion: Conversion | null;
  readonly #compactions: Compactions;
  #closing: Promise<void> | null = null;

  /** Use `openEngine`. */
  constructor(
    context: EngineContext,
    makeJournal: MakeJournal,
    makeConversion: MakeConversion | null,
    makeCompactor: ((locator: Locator) => Compactor) | null = null,
  ) {
    const { directory, table, sources, stats, damage, buffers } = context;
    const reads = { files: table, buffers, stats, damage };
    for (const file of table.list) sources.push(new JournalSource(file, reads));
    this.#context = context;
    this.#journal = makeJournal({
      onBeforeSeal: () => this.#beforeSeal(),
      onBegun: (file) => sources.push(new JournalSource(file, reads)),
      onSealed: () => this.#reclaim(),
      onFailure: (error) => {
        for (const listener of this.#failureListeners) listener(error);
      },
      onSpaceChanged: () => {
        this.#reclaimer.schedule();
        this.#conversion?.converter.spaceChanged();
      },
    });
    this.#control = new ControlEntries(this.#journal);
    this.#readers = new Readers(sources, directory, context.clock);
    this.#snapshots = new SnapshotStore(context, this.#journal);
    this.#reclaimer = new Reclaimer(context, this.#journal, this.#snapshots);
    this.#trims = new Trims({
      directory,
      control: this.#control,
      search: this.#readers.search,
      refuse: () => this.#refuseUnlessFull(),
      onTrimmed: () => this.#reclaim(),
    });
    const merging = new MergeCompactor(directory, () => this.#conversion?.converter.schedule());
    this.#conversion =
      makeConversion?.({
        journal: this.#journal,
        moveCatalog: () => this.#reclaimer.moveCatalog(),
        onPublished: () => this.#reclaimer.schedule(),
        compaction: merging,
      }) ?? null;
    this.#compactions = new Compactions({
      directory,
      readers: this.#readers,
      release: (sequence, worthBytes) => releaseFile(this.#journal, table, sequence, worthBytes),
      compactor: makeCompactor?.(this.#readers.locator) ?? merging,
      commit: (stream, endOffset) => this.#trims.compacted(stream, endOffset),
    });
    this.#statistics = new Statistics(context, this.#journal, buffers, this.#conversion?.segments ?? null);
  }

  get usage(): JournalUsage {
    return this.#statistics.usage;
  }

  /** Makes space ready behind a recovered end. */
  async start(): Promise<void> {
    await this.#journal.start();
    this.#reclaimer.schedule();
  }

  get refusal(): StorageError | null {
    return this.#journal.refusal;
  }

  get pendingBytes(): number {
    return this.#journal.pendingBytes;
  }

  /** True after a clean stop: all that was acknowledged is on the device. */
  get isClosedCleanly(): boolean {
    return this.#journal.refusal?.code === 'CLOSED';
  }

  /** Where the journal ends; after a clean stop, where the next start finds its end. */
  get end(): JournalEnd {
    return this.#journal.end;
  }

  createStream(stream: StreamId, options: StreamOptions = {}): void {
    const { directory } = this.#context;
    const isInternal = options.internal === true;
    const known = directory.find(stream);
    if (known >= 0 && (!isInternal || directory.isInternal(known))) return;
    this.#refuseUnlessFull();
    if (known >= 0) directory.flags[known] = (directory.flags[known] as number) | ROW_INTERNAL;
    else directory.add(stream, ROW_QUEUED | (isInternal ? ROW_INTERNAL : 0));
    this.#control.push({ kind: EntryKind.STREAM_CREATED, stream, offsetCount: isInternal ? 1 : 0 });
  }

  async deleteStream(stream: StreamId): Promise<void> {
    this.#refuseUnlessFull();
    this.#rowOf(stream);
    this.#context.directory.remove(stream);
    this.#readers.forget(stream);
    this.#compactions.forget(stream);
    // Whoever asked may forget the stream then, and a start must not find it again.
    await this.#control.committed({ kind: EntryKind.STREAM_DELETED, stream }, null, 'fsync');
    this.#reclaim();
  }

  *streamIds(): Generator<StreamId, void, undefined> {
    for (const [stream] of this.#context.directory.entries()) yield stream;
  }

  state(stream: StreamId): StreamState {
    const row = this.#rowOf(stream);
    const { directory } = this.#context;
    return {
      logStartOffset: directory.logStart[row] as number,
      logEndOffset: directory.logEnd[row] as number,
      liveBytes: directory.liveBytes[row] as number,
    };
  }

  /** True when the stream exists. */
  has(stream: StreamId): boolean {
    return this.#context.directory.find(stream) >= 0;
  }

  /** Where the next append to the stream goes, which is made unless it is there. */
  createdEndOffset(stream: StreamId): number {
    const { directory } = this.#context;
    let row = directory.find(stream);
    if (row < 0) {
      this.createStream(stream);
      row = this.#rowOf(stream);
    }
    return directory.logEnd[row] as number;
  }

  append(append: StreamAppend): void {
    this.#refuse(append.stream === CATALOG_STREAM);
    const { directory } = this.#context;
    const row = this.#rowOf(append.stream);
    const logEnd = directory.logEnd[row] as number;
    if (append.baseOffset !== logEnd || append.offsetCount < 1) {
      throw new RangeError(`Append at ${append.baseOffset} to stream ${append.stream}, which ends at ${logEnd}`);
    }
    const entry = batchEntry(append, row, this.#journal.needsSync(append.durability));
    directory.logEnd[row] = append.baseOffset + append.offsetCount;
    this.#journal.push(entry);
  }

  read(options: ReadOptions): StreamRead | Promise<StreamRead> {
    return this.#readers.reader.read(options);
  }

  abortedTransactions(
    stream: StreamId,
    fromOffset: number,
    endOffset: number,
  ): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]> {
    return this.#readers.aborted.find(stream, fromOffset, endOffset);
  }

  findByTimestamp(
    stream: StreamId,
    timestampMs: number,
    fromOffset: number,
    endOffset: number,
  ): Promise<BatchLocation | null> {
    return this.#readers.search.findByTimestamp(stream, timestampMs, fromOffset, endOffset);
  }

  findMaxTimestamp(stream: StreamId, endOffset: number): Promise<BatchLocation | null> {
    return this.#readers.search.findMaxTimestamp(stream, endOffset);
  }

  leaderEpochs(stream: StreamId): Promise<readonly EpochStart[]> {
    return this.#readers.search.leaderEpochs(stream);
  }

  scanHeaders(stream: StreamId, fromOffset: number, visit: (header: Buffer) => void): Promise<void> {
    return this.#readers.search.scanHeaders(stream, fromOffset, visit);
  }

  async trim(stream: StreamId, logStartOffset: number): Promise<void> {
    this.#refuseUnlessFull();
    await this.#trims.trim(stream, this.#rowOf(stream), logStartOffset);
  }

  retentionPoint(stream: StreamId, policy: RetentionPolicy, nowMs: number, endOffset: number): Promise<number> {
    this.#rowOf(stream);
    return retentionPoint(this.#context.directory, this.#readers.locator, { stream, policy, nowMs, endOffset });
  }

  cleanable(stream: StreamId, policy: CompactionPolicy, stableOffset: number, nowMs: number): Promise<Cleanable> {
    return this.#compactions.cleanable(stream, policy, stableOffset, nowMs);
  }

  compact(request: CompactionRequest): Promise<CompactionOutcome | null> {
    return this.#compactions.compact(request);
  }

  writeSnapshot(stream: StreamId, offset: number, bytes: Buffer, onLost?: () => void, isForTrim = false): void {
    const goesWithTrim = isForTrim && this.#journal.takesSnapshot(bytes.length);
    // Else state can be rebuilt from an older one, unless its batches are trimmed.
    if (this.#journal.refusal !== null && !goesWithTrim) onLost?.();
    else this.#snapshots.write(stream, offset, bytes, onLost, goesWithTrim);
  }

  readSnapshot(stream: StreamId): Promise<{ readonly offset: number; readonly bytes: Buffer } | null> {
    return this.#snapshots.read(stream);
  }

  onBeforeSeal(listener: () => void): void {
    this.#sealListeners.push(listener);
  }

  /** Called when a journal file is kept by nothing but old changes in the catalog's stream. */
  onCatalogPins(listener: () => Promise<void>): void {
    this.#reclaimer.onCatalogPins(listener);
  }

  /** See CatalogJournal. */
  async openSegments(published: PublishedSegments): Promise<void> {
    if (this.#conversion !== null) await this.#conversion.converter.open(published);
    else if (published.convertedTo > 0) throw new StorageError('CORRUPT', 'This engine was opened without segments');
  }

  /** See CatalogJournal. */
  onPublish(publisher: SegmentPublisher): void {
    this.#conversion?.converter.begin(publisher);
  }

  /** True when the full disk's reserve has room for this much that frees space. */
  takesWhileFull(byteLength: number): boolean {
    return this.#journal.takesSnapshot(byteLength);
  }

  onFailure(listener: (error: StorageError) => void): void {
    this.#failureListeners.push(listener);
  }

  flush(): Promise<void> {
    return this.#journal.flush();
  }

  /** Seals the active file now, if there is anything in it. */
  seal(): Promise<void> {
    return this.#journal.seal();
  }

  /**
   * Gives space to somebody else on the journal's disk who found none: the spare file, else some of the reserve, without
   * which appends are refused until it is whole again. False when there was nothing to give.
   */
  makeRoom(mayUseReserve = true): Promise<boolean> {
    return this.#journal.makeRoom(mayUseReserve);
  }

  /** All files, the journal's as far as they are written now, kept from being deleted until `release`. */
  async pinFiles(): Promise<PinnedFiles> {
    await this.#conversion?.converter.settled();
    const journal = this.#context.table.pin();
    const segments = this.#conversion?.segments.pin();
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
    return this.#statistics.snapshot();
  }

  /** The statistics as users see them. */
  walStats(): WalStats {
    return this.#statistics.walStats();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#compactions.stop();
    // What is being published is journaled, too.
    await this.#conversion?.converter.stop();
    if (this.#journal.refusal === null) this.#beforeSeal();
    this.#reclaimer.stop();
    const { table, cache, staging, buffers } = this.#context;
    try {
      await this.#journal.close();
    } finally {
      cache.clear();
      await table.closeAll();
      await this.#context.files.rest();
      await this.#conversion?.segments.close();
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

  #reclaim(): void {
    this.#reclaimer.schedule();
    this.#conversion?.converter.schedule();
  }

  #rowOf(stream: StreamId): number {
    const row = this.#context.directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    return row;
  }

  /** The catalog's copy goes on on a full disk, and while the engine is being closed, as long as the journal takes it. */
  #refuse(isCatalog = false): void {
    if (this.#closing !== null && !isCatalog) throw new StorageError('CLOSED', 'The engine is closed');
    const { refusal, isFull } = this.#journal;
    if (refusal !== null && !(isCatalog && isFull)) throw refusal;
  }

  /** What frees space is taken on a full disk too. */
  #refuseUnlessFull(): void {
    if (!this.#journal.isFull) this.#refuse();
  }
}
