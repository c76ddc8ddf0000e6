/** The files of the layer that a merge makes: says where one ends and the next begins. */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Files } from '../files/files.ts';
import { BlockCompressor } from '../segment/block.ts';
import type { SegmentBatch } from '../segment/encoder.ts';
import { SegmentWriter } from '../segment/writer.ts';

import type { AbortedTransaction, StreamId } from '../types.ts';
import type { LayerSegment, MergePlan, SegmentInput } from './types.ts';

/** What decides which streams share a file. */
export interface StreamPlace {
  readonly stream: StreamId;
  /** It has files of its own. */
  readonly isLarge: boolean;
  readonly isCompacted: boolean;
}

export class LayerOutput {
  readonly #files: Files;
  readonly #random: Random;
  readonly #plan: MergePlan;
  readonly #interval: { readonly firstSequence: number; readonly lastSequence: number };
  readonly segments: LayerSegment[] = [];
  /** Shared by all files: it keeps an engine. */
  readonly #compressor: BlockCompressor;
  readonly #made: string[] = [];
  #writer: SegmentWriter | null = null;
  #place: StreamPlace | null = null;
  #finishedBytes = 0;

  constructor(
    { files, random, clock }: { readonly files: Files; readonly random: Random; readonly clock: Clock },
    plan: MergePlan,
    interval: { readonly firstSequence: number; readonly lastSequence: number },
  ) {
    this.#files = files;
    this.#random = random;
    this.#plan = plan;
    this.#interval = interval;
    this.#compressor = new BlockCompressor(plan.level, clock);
  }

  /** How long each block took, in ms. */
  get compressionMs(): Float32Array {
    return Float32Array.from(this.#compressor.tookMs);
  }

  /** Bytes written so far. */
  get writtenBytes(): number {
    return this.#finishedBytes + (this.#writer?.byteLength ?? 0);
  }

  /** Has a file ready for a batch of so many bytes; null when that is so already. */
  prepare(place: StreamPlace, byteLength: number): Promise<void> | null {
    const writer = this.#writer;
    if (writer !== null && !this.#endsBefore(writer, place, byteLength)) {
      this.#place = place;
      return null;
    }
    return this.#begin(place);
  }

  /** Adds a batch; after `prepare`. */
  add(batch: SegmentBatch, aborted: AbortedTransaction | null): void {
    (this.#writer as SegmentWriter).add(batch, aborted);
  }

  /** Keeps what is known of an aborted transaction whose marker is left out: for what was added before. */
  addAborted(stream: StreamId, aborted: AbortedTransaction): void {
    if (this.#place?.stream === stream) this.#writer?.addAborted(stream, aborted);
  }

  /** Puts some of what was written on the device. */
  syncSome(): void {
    this.#writer?.syncSome();
  }

  /** Makes a file of an earlier layer a part of this one. */
  async move({ descriptor }: SegmentInput): Promise<void> {
    await this.#end();
    this.segments.push({ descriptor, isMoved: true });
  }

  /** Ends the last file; all are on the device then, and their names. */
  async finish(): Promise<void> {
    await this.#end();
    if (this.#made.length > 0) await this.#files.syncDirectory(this.#plan.folder);
  }

  /** Removes all files that were made, as far as that is possible. */
  async abandon(): Promise<void> {
    await this.#writer?.abandon().catch(() => undefined);
    this.#writer = null;
    for (const path of this.#made) await this.#files.unlink(path).catch(() => undefined);
  }

  #endsBefore(writer: SegmentWriter, place: StreamPlace, byteLength: number): boolean {
    if (writer.isEmpty) return false;
    if (writer.byteLength + byteLength > this.#plan.maxSegmentBytes) return true;
    const before = this.#place;
    if (before === null || before.stream === place.stream) return false;
    return place.isLarge || before.isLarge || place.isCompacted !== before.isCompacted;
  }

  async #begin(place: StreamPlace): Promise<void> {
    await this.#end();
    const { folder, mergeId, clusterId, nowMs } = this.#plan;
    this.#writer = await SegmentWriter.create({
      ...this.#interval,
      files: this.#files,
      folder,
      mergeId,
      clusterId,
      compressor: this.#compressor,
      number: this.#made.length,
      salt: this.#random.bytes(4).readUInt32LE(0),
      createdMs: nowMs,
      isCompacted: place.isCompacted,
    });
    this.#place = place;
  }

  async #end(): Promise<void> {
    const writer = this.#writer;
    if (writer === null) return;
    const descriptor = await writer.finish();
    this.#writer = null;
    this.#made.push(writer.path);
    this.#finishedBytes += descriptor.fileBytes;
    this.segments.push({ descriptor, isMoved: false });
  }
}
