/**
 * The segments of a data directory: which are published, and their files. A start opens those that the catalog names and
 * deletes what it knows not to be needed; whatever else lies there is somebody's, and refuses the start.
 */
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { type Files, systemCode } from '../files/files.ts';
import { segmentFileName, segmentOfName } from '../segment/descriptor.ts';
import type { SegmentDescriptor } from '../segment/descriptor.ts';
import type { EngineStats } from '../stats.ts';
import { StorageError } from '../types.ts';
import type { PublishedSegment, PublishedSegments, SegmentChange } from './publication.ts';
import { NOTHING_PUBLISHED } from './publication.ts';
import type { SegmentSource } from './segment-source.ts';
import type { OpenSegment } from './segments.ts';

/** Segments whose files a start looks into, the newest; others are looked at when they are read. */
const CHECKED_AT_START = 1024;

export interface SegmentFilesHost {
  readonly folder: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stats: EngineStats;
  /** Time in ms between the publication that drops a segment and the deletion of its file. */
  readonly deleteGraceMs: number;
  readonly open: (path: string, descriptor: SegmentDescriptor) => SegmentSource;
}

export class SegmentFiles {
  readonly #host: SegmentFilesHost;
  readonly #open = new Map<string, OpenSegment>();
  convertedTo = NOTHING_PUBLISHED.convertedTo;
  nextMerge = NOTHING_PUBLISHED.nextMerge;
  /** Names of dropped files that the catalog still knows, and that are gone. */
  #gone: string[] = [];
  /** Dropped, and not deleted yet. */
  readonly #dropped = new Map<string, SegmentSource | null>();
  /** Files that no merge published: to be deleted once the start is not refused. */
  #leftovers: string[] = [];
  #deleting: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(host: SegmentFilesHost) {
    this.#host = host;
  }

  /** All that are published. */
  get all(): Iterable<OpenSegment> {
    return this.#open.values();
  }

  get fileBytes(): number {
    let sum = 0;
    for (const { descriptor } of this.#open.values()) sum += descriptor.fileBytes;
    return sum;
  }

  /** All files, kept from being deleted until `release`, which is called once. Lengths are in bytes. */
  pin(): { readonly files: ReadonlyArray<{ readonly path: string; readonly length: number }>; release(): void } {
    const pinned = [...this.#open.values()];
    for (const { source } of pinned) source.retain();
    return {
      files: pinned.map(({ descriptor }) => ({ path: this.pathOf(descriptor), length: descriptor.fileBytes })),
      release: () => pinned.forEach(({ source }) => source.release()),
    };
  }

  /** Bytes of all batches, as a fetch sends them. */
  get batchBytes(): number {
    let sum = 0;
    for (const { descriptor } of this.#open.values()) sum += descriptor.batchBytes;
    return sum;
  }

  get count(): number {
    return this.#open.size;
  }

  pathOf(descriptor: Pick<SegmentDescriptor, 'mergeId' | 'number'>): string {
    return join(this.#host.folder, segmentFileName(descriptor));
  }

  /**
   * Opens what the catalog names; changes nothing.
   * @throws StorageError CORRUPT when a published segment is missing or damaged, or a file is of nobody
   */
  async load(published: PublishedSegments): Promise<void> {
    const { folder } = this.#host;
    this.convertedTo = published.convertedTo;
    this.nextMerge = published.nextMerge;
    const names = new Set(await this.#list());
    for (const segment of published.segments) {
      const name = segmentFileName(segment.descriptor);
      if (!names.delete(name)) throw this.#corrupt(name, 'is missing, and with it records');
      this.#open.set(name, { ...segment, source: this.#host.open(join(folder, name), segment.descriptor) });
    }
    for (const name of published.dropped) {
      if (names.delete(name)) this.#dropped.set(name, null);
      else this.#gone.push(name);
    }
    for (const name of names) {
      // Published once and not any more, it would be known as dropped.
      if (!this.#isUnpublished(name)) {
        throw this.#corrupt(name, 'is none that the catalog knows, and comes from somewhere else');
      }
      this.#leftovers.push(name);
    }
    const newest = [...this.#open.values()].slice(-CHECKED_AT_START);
    for (const { source } of newest) await source.check();
  }

  /** True for a file of a merge that came after all that were published. */
  #isUnpublished(name: string): boolean {
    return (segmentOfName(name)?.mergeId ?? 0) >= this.nextMerge;
  }

  async #list(): Promise<string[]> {
    const { files, folder } = this.#host;
    try {
      return (await files.list(folder)).filter((name) => segmentOfName(name) !== null);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return []; // it is made by the first merge
      throw error;
    }
  }

  #corrupt(name: string, what: string): StorageError {
    const { folder } = this.#host;
    const wayOut = 'Put the directory back as it was, or restore all of it from a copy; to go on without';
    return new StorageError(
      'CORRUPT',
      `${join(folder, name)} ${what}. ${wayOut}: walka wal repair --data-dir ${dirname(folder)}`,
    );
  }

  /** Deletes what the last run left: files of merges that were not published, and of dropped segments. */
  async deleteLeftovers(): Promise<void> {
    for (const name of this.#leftovers.splice(0)) {
      this.#host.logger.info('segment-leftover-deleted', 'A segment of a merge that was not finished is deleted', {
        name,
      });
      await this.#unlink(name);
    }
    for (const name of this.#dropped.keys()) await this.#delete(name);
  }

  /**
   * Deletes what merges left that were not published: behind a later one that is, a start would refuse it as somebody's.
   * No merge is under way. @throws the system's error
   */
  async deleteUnpublished(): Promise<void> {
    const { files, folder } = this.#host;
    const left = (await this.#list()).filter((name) => this.#isUnpublished(name));
    if (left.length === 0) return;
    for (const name of left) await files.unlink(join(folder, name));
    await files.syncDirectory(folder);
  }

  /** Names that the next publication need not remember as dropped any more. */
  get forgettable(): readonly string[] {
    return [...this.#gone]; // what goes while a publication is under way is for the next one
  }

  /** All that will be published once a change is. */
  after({ add, remove }: Pick<SegmentChange, 'add' | 'remove'>): PublishedSegment[] {
    const gone = new Set(remove);
    const stay = [...this.#open].filter(([name]) => !gone.has(name)).map(([, segment]) => segment);
    return [...stay, ...add];
  }

  /** Takes over a publication; gives what is open now. */
  published({ convertedTo, nextMerge, add, remove, forget }: SegmentChange): void {
    this.convertedTo = convertedTo;
    this.nextMerge = nextMerge;
    const forgotten = new Set(forget);
    this.#gone = this.#gone.filter((name) => !forgotten.has(name));
    const before = new Map(remove.map((name) => [name, this.#open.get(name)] as const));
    for (const name of remove) this.#open.delete(name);
    for (const segment of add) {
      const name = segmentFileName(segment.descriptor);
      const source = before.get(name)?.source ?? this.#host.open(this.pathOf(segment.descriptor), segment.descriptor);
      before.delete(name);
      this.#open.set(name, { ...segment, source });
    }
    const names = [...before.keys()];
    for (const [name, segment] of before) this.#dropped.set(name, segment?.source ?? null);
    this.#host.clock.setTimer(this.#host.deleteGraceMs, () => this.#deleteAll(names));
  }

  /** Deletes files of a merge that is not going to be published. */
  async discard(descriptors: Iterable<SegmentDescriptor>): Promise<void> {
    for (const descriptor of descriptors) await this.#unlink(segmentFileName(descriptor));
  }

  /** Deletes nothing more; resolves when what is under way is done. The next start goes on. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#deleting;
  }

  /** Closes all files. After `stop`. */
  async close(): Promise<void> {
    const sources = [...this.#open.values()].map(({ source }) => source);
    for (const source of [...sources, ...this.#dropped.values()]) await source?.close().catch(() => undefined);
  }

  #deleteAll(names: readonly string[]): void {
    for (const name of names) this.#deleting = this.#deleting.then(() => this.#delete(name));
  }

  async #delete(name: string): Promise<void> {
    const source = this.#dropped.get(name);
    if (this.#isStopped || source === undefined) return;
    if (source?.isReferenced === true) {
      this.#host.clock.setTimer(this.#host.deleteGraceMs, () => this.#deleteAll([name]));
      return;
    }
    await source?.close().catch(() => undefined);
    if (!(await this.#unlink(name))) return; // the next start tries again
    this.#dropped.delete(name);
    this.#gone.push(name);
    this.#host.stats.segmentsDeleted += 1;
  }

  async #unlink(name: string): Promise<boolean> {
    const { files, folder, logger } = this.#host;
    const path = join(folder, name);
    try {
      await files.unlink(path);
      // Else its name may come back, when nobody remembers what it was.
      await files.syncDirectory(folder);
      return true;
    } catch (error) {
      logger.warn('segment-delete-failed', 'A segment that is not needed could not be deleted', { path, error });
      return false;
    }
  }
}
