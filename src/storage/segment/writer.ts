/** Writes one segment file. All writes are synchronous: it is meant for a thread that may wait. */
import { join } from 'node:path';
import type { Files, OpenFile } from '../files/files.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';
import { segmentFileName } from './descriptor.ts';
import type { SegmentDescriptor } from './descriptor.ts';
import type { SegmentBatch, SegmentOptions } from './encoder.ts';
import { SegmentEncoder } from './encoder.ts';
import { SegmentOutput } from './output.ts';

export interface SegmentWriterOptions extends SegmentOptions {
  readonly files: Files;
  readonly folder: string;
}

/** Written bytes go to the device in steps of this size, so that no sync has much to do at once. */
const SYNC_BYTES = 16 * 1024 * 1024;

export class SegmentWriter {
  readonly path: string;
  readonly #files: Files;
  readonly #file: OpenFile;
  readonly #out: SegmentOutput;
  readonly #encoder: SegmentEncoder;
  #syncedBytes = 0;

  private constructor(options: SegmentWriterOptions, path: string, file: OpenFile) {
    this.path = path;
    this.#files = options.files;
    this.#file = file;
    this.#out = new SegmentOutput(file);
    this.#encoder = new SegmentEncoder(options, this.#out);
  }

  /** Makes the file. It must not be there yet. */
  static async create(options: SegmentWriterOptions): Promise<SegmentWriter> {
    const path = join(options.folder, segmentFileName(options));
    return new SegmentWriter(options, path, await options.files.open(path, 'create'));
  }

  /** Bytes that the file would have if it ended here, but for the compression of the last block. */
  get byteLength(): number {
    return this.#encoder.byteLength;
  }

  /** No batch was added yet. */
  get isEmpty(): boolean {
    return this.#encoder.isEmpty;
  }

  /** See SegmentEncoder. */
  add(batch: SegmentBatch, aborted: AbortedTransaction | null): void {
    this.#encoder.add(batch, aborted);
  }

  /** See SegmentEncoder. */
  addAborted(stream: StreamId, aborted: AbortedTransaction): void {
    this.#encoder.addAborted(stream, aborted);
  }

  /** Puts what was written so far on the device if it is much. */
  syncSome(): void {
    const { position } = this.#out;
    if (position - this.#syncedBytes < SYNC_BYTES) return;
    this.#out.flush();
    this.#file.datasyncSync();
    this.#syncedBytes = position;
  }

  /** Ends the file and puts it on the device; its name is for the caller to sync. There must be a batch in it. */
  async finish(): Promise<SegmentDescriptor> {
    const descriptor = this.#encoder.finish();
    this.#out.flush();
    this.#file.datasyncSync();
    await this.#file.close();
    return descriptor;
  }

  /** Ends the attempt; the file is removed. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await this.#files.unlink(this.path);
  }
}
