/**
 * Makes segments of sealed journal files, and better ones of segments: decides what to merge (`planner.ts`), has it done
 * (`Merger`), publishes what came of it by one change of the catalog, and puts it in the place of its sources. One merge at
 * a time; a produce or a fetch never waits for it.
 *
 * A crash at any step leaves either what was there before, and files that nothing names, or what was published, and
 * sources that are known to be dropped.
 */
import type { Timer } from '../../base/clock.ts';
import type { RunSource } from '../runs/run-source.ts';
import { type SegmentDescriptor, segmentFileName } from '../segment/descriptor.ts';
import { StorageError } from '../types.ts';
import type { ConvertHost } from './host.ts';
import { mustBeApart } from './layers.ts';
import { MergePlans } from './merge-plans.ts';
import { intervalOf, isFreeOfCatalog, mustReplaceAll, sourcesOf } from './preconditions.ts';
import { type DropDecision, isWholeCompaction, type MergeDecision, type MergeReason } from './planner.ts';
import type { PublishedSegments, SegmentChange, SegmentPublisher } from './publication.ts';
import { isDiskFull, Publishing } from './publishing.ts';
import { Segments } from './segments.ts';
import type { MergeDamage, MergeHandle, MergeOutcome, MergeResult } from './types.ts';

/** Changes within this time share one look. */
const PASS_DELAY_MS = 200;
/** Until something that failed, or for which there was no room, is tried again. */
const RETRY_DELAY_MS = 10_000;
/** Until it is seen whether it is quiet now. */
const QUIET_DELAY_MS = 5000;
/** Between two looks at how fast the merge under way should be. */
const PACE_DELAY_MS = 500;

export class Converter {
  readonly #host: ConvertHost;
  readonly #plans: MergePlans;
  /** Null before the start is through. */
  #publishing: Publishing | null = null;
  #timer: Timer | null = null;
  #pass: Promise<void> | null = null;
  #merge: MergeHandle | null = null;
  #paceTimer: Timer | null = null;
  /** A merge that was not published may have left files. */
  #mayHaveLeft = true;
  #isStopped = false;
  #nextMerge = 1;

  constructor(host: ConvertHost) {
    this.#host = host;
    this.#plans = new MergePlans(host);
  }

  /** Makes published segments part of what is read. @throws StorageError CORRUPT when one is missing or damaged */
  async open(published: PublishedSegments): Promise<void> {
    const { segments, sources, folder } = this.#host;
    await segments.load(published);
    const active = sources.all.at(-1)?.lastSequence ?? 0;
    if (published.convertedTo > 0 && published.convertedTo >= active) {
      const what = `${folder} has records up to journal file ${published.convertedTo}, but the journal ends before`;
      throw new StorageError('CORRUPT', `${what}: restore its newest files from a copy`);
    }
    this.#nextMerge = published.nextMerge;
    this.#show();
  }

  /** Begins to convert; what an earlier run left is deleted first. */
  begin(publisher: SegmentPublisher): void {
    this.#publishing = new Publishing(this.#host, publisher);
    this.#run(() => this.#host.segments.deleteLeftovers());
    this.schedule();
  }

  /** Looks soon whether something is to be done. */
  schedule(delayMs = PASS_DELAY_MS): void {
    if (this.#isStopped || this.#publishing === null || this.#timer !== null) return;
    this.#timer = this.#host.clock.setTimer(delayMs, () => {
      this.#timer = null;
      if (this.#isStopped) return;
      if (this.#pass !== null) this.schedule();
      else this.#run(() => this.#look());
    });
  }

  /** The disk is full, or there is space again. */
  spaceChanged(): void {
    if (this.#host.refusal() !== null) this.#merge?.cancel();
    this.schedule();
  }

  /** The newest publication; settled when the segments at hand are those that the catalog has. */
  get publication(): Promise<void> | undefined {
    return this.#publishing?.newest;
  }

  /** Starts nothing more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#publishing?.stop();
    this.#timer?.cancel();
    this.#timer = null;
    this.#merge?.cancel();
    await this.#pass;
    await this.#host.merger.close();
    await this.#host.segments.stop();
  }

  #run(step: () => Promise<void>): void {
    const done = step()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        if (this.#pass === done) this.#pass = null;
      });
    this.#pass = done;
  }

  #failed(error: unknown): void {
    const { stats, logger, refusal } = this.#host;
    // A journal that failed says so itself, and nothing is merged any more.
    if (this.#isStopped || (refusal() !== null && refusal()?.code !== 'DISK_FULL')) return;
    stats.mergesFailed += 1;
    if (isDiskFull(error)) logger.info('merge-disk-full', 'There was no room for a merge; it is tried again later');
    else logger.warn('merge-failed', 'A merge of journal files or segments failed; it is tried again later', { error });
    this.schedule(RETRY_DELAY_MS);
  }

  async #look(): Promise<void> {
    const refusal = this.#host.refusal();
    const isFull = refusal?.code === 'DISK_FULL';
    if (refusal !== null && !isFull) return;
    const decision = await this.#plans.next(isFull, () => this.#isStopped);
    if (decision === null && this.#plans.waitsForRoom) this.schedule(RETRY_DELAY_MS);
    else if (decision === null && this.#plans.waitsForQuiet) this.schedule(QUIET_DELAY_MS);
    if (decision === null || this.#isStopped) return;
    if (decision.kind === 'drop') await this.#drop(decision);
    // A full disk is not made fuller: only what is dead wholly goes.
    else if (!isFull) await this.#mergeSources(decision);
  }

  async #drop({ segments }: DropDecision): Promise<void> {
    const { stats, logger } = this.#host;
    const names = segments.map(({ descriptor }) => segmentFileName(descriptor));
    const { convertedTo, nextMerge } = this.#host.segments;
    await this.#publish({ convertedTo, nextMerge, add: [], remove: names });
    stats.segmentsDropped += names.length;
    logger.info('segments-dropped', 'Segments without live records are dropped', { names });
    this.schedule();
  }

  async #mergeSources(decision: MergeDecision): Promise<void> {
    const { files, folder, merger, clock, segments } = this.#host;
    if (!(await isFreeOfCatalog(this.#host, decision))) {
      this.schedule(RETRY_DELAY_MS);
      return;
    }
    await files.makeDirectory(folder);
    if (this.#mayHaveLeft) await segments.deleteUnpublished();
    this.#mayHaveLeft = true;
    const startedMs = clock.monotonicMs();
    // A name is never used twice, whatever became of the merge that had it.
    const mergeId = this.#nextMerge++;
    const sources = sourcesOf(this.#host, decision);
    for (const source of sources) source.retain();
    let outcome: MergeOutcome;
    try {
      if (this.#isStopped) return;
      const plan = this.#plans.planOf(decision, mergeId);
      if (plan === null) {
        this.schedule();
        return;
      }
      this.#merge = merger.start(plan, this.#plans.ask);
      this.#keepPace(this.#merge, decision.reason);
      outcome = await this.#merge.outcome;
    } finally {
      this.#merge = null;
      this.#paceTimer?.cancel();
      for (const source of sources) source.release();
    }
    if (outcome.kind === 'done') {
      await this.#take(decision, sources, outcome.result, clock.monotonicMs() - startedMs);
      this.schedule();
    } else if (outcome.kind === 'damaged') this.#foundDamage(outcome.damage);
    else this.schedule(RETRY_DELAY_MS);
  }

  /** While the merge is under way, its rate goes by what clients do and by what waits. */
  #keepPace(merge: MergeHandle, reason: MergeReason): void {
    this.#paceTimer = this.#host.clock.setTimer(PACE_DELAY_MS, () => {
      merge.setRate(this.#plans.rateNow(reason));
      this.#keepPace(merge, reason);
    });
  }

  #foundDamage(damage: MergeDamage): void {
    this.#plans.foundDamaged(damage.path);
    this.#host.stats.mergesFailed += 1;
    this.#host.logger.error('merge-damaged', 'A file is damaged and is not merged: restore it from a copy', {
      ...damage,
    });
    this.schedule();
  }

  /** Publishes what a merge made; without that, its files go. */
  async #take(
    decision: MergeDecision,
    sources: readonly RunSource[],
    result: MergeResult,
    tookMs: number,
  ): Promise<void> {
    const { segments, stats, logger, compaction } = this.#host;
    const { readBytes, writtenBytes, droppedBytes } = result;
    const { firstSequence, lastSequence } = intervalOf(decision);
    const convertedTo = Math.max(segments.convertedTo, decision.journal.at(-1)?.sequence ?? 0);
    const remove = decision.layers.flatMap((layer) =>
      layer.segments.map(({ descriptor }) => segmentFileName(descriptor)),
    );
    const add = result.segments.map(({ descriptor }) => ({ firstSequence, lastSequence, descriptor }));
    const made = result.segments.filter(({ isMoved }) => !isMoved).map(({ descriptor }) => descriptor);
    const change = { convertedTo, nextMerge: this.#nextMerge, add, remove };
    const check = (): void => {
      mustReplaceAll(this.#host, decision, sources);
      mustBeApart(segments.after(change));
    };
    await this.#publish(change, made, check);
    for (const damage of result.damaged) {
      logger.error('batch-damaged', 'A damaged batch is not served: check the disk and restore it from a copy', {
        ...damage,
      });
    }
    stats.merges[decision.reason] += 1;
    for (const ms of result.compressionMs) stats.compressionMs.record(ms);
    stats.mergeReadBytes += readBytes;
    stats.mergeWrittenBytes += writtenBytes;
    compaction.published(result.compacted, isWholeCompaction(decision));
    await this.#plans.published(result, decision);
    const bytes = { readBytes, writtenBytes, droppedBytes };
    const counts = { sources: remove.length + decision.journal.length, segments: add.length, written: made.length };
    logger.info('segments-published', 'Journal files or segments were merged', {
      reason: decision.reason,
      firstSequence,
      lastSequence,
      ...counts,
      ...bytes,
      tookMs: Math.round(tookMs),
    });
  }

  /** @param made of which nothing stays when it is not published; @param check as of `Publishing` */
  async #publish(
    change: Omit<SegmentChange, 'forget'>,
    made: readonly SegmentDescriptor[] = [],
    check: () => void = () => undefined,
  ): Promise<void> {
    await this.#publishing?.publish(change, made, check);
    this.#mayHaveLeft &&= made.length === 0;
    this.#show();
    this.#host.onPublished();
  }

  /** Puts the published segments in the place of what they are made of. */
  #show(): void {
    const { segments, sources, folder } = this.#host;
    if (segments.convertedTo > 0) sources.supersede(new Segments(folder, segments.convertedTo, segments.all));
  }
}
