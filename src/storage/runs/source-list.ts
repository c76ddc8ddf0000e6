/** The sources that the journal consists of for its readers, in order. */
import type { RunSource } from './run-source.ts';

export class SourceList {
  /** By interval of journal sequences, ascending. The last is the journal file being written. */
  #sources: readonly RunSource[] = [];

  get all(): readonly RunSource[] {
    return this.#sources;
  }

  /** Row of the first source that covers `sequence` or begins behind it; the number of sources when none does. */
  rowOf(sequence: number): number {
    const sources = this.#sources;
    let low = 0;
    let high = sources.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sources[middle] as RunSource).lastSequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Row behind the source that covers `sequence`, or of the first that begins behind it. */
  rowBehind(sequence: number): number {
    const row = this.rowOf(sequence);
    const source = this.#sources[row];
    return source !== undefined && source.firstSequence <= sequence ? row + 1 : row;
  }

  /** The source that covers `sequence`, or undefined. */
  covering(sequence: number): RunSource | undefined {
    const source = this.#sources[this.rowOf(sequence)];
    return source !== undefined && source.firstSequence <= sequence ? source : undefined;
  }

  /** Adds a source behind all others. */
  push(source: RunSource): void {
    const last = this.#sources.at(-1);
    if (last !== undefined && last.lastSequence >= source.firstSequence) {
      throw new RangeError(`A source from ${source.firstSequence} on comes behind one up to ${last.lastSequence}`);
    }
    this.#sources = [...this.#sources, source];
  }

  /** Takes out the source that is the journal file with this sequence and no other, if it is there. */
  removeFile(sequence: number): void {
    const source = this.covering(sequence);
    if (source?.firstSequence === sequence && source.lastSequence === sequence) this.replace([source], null);
  }

  /**
   * Puts `by` in the place of all sources whose intervals lie within its own, in one step: an operation sees all of them
   * or it. What was found before stays readable for whoever holds a reference.
   */
  supersede(by: RunSource): void {
    const before = this.#sources.filter(({ lastSequence }) => lastSequence < by.firstSequence);
    const behind = this.#sources.filter(({ firstSequence }) => firstSequence > by.lastSequence);
    const within = this.#sources.slice(before.length, this.#sources.length - behind.length);
    const isOverlapped = within.some(
      ({ firstSequence, lastSequence }) => firstSequence < by.firstSequence || lastSequence > by.lastSequence,
    );
    if (isOverlapped) {
      throw new RangeError(`A source overlaps the interval from ${by.firstSequence} to ${by.lastSequence}`);
    }
    this.#sources = [...before, by, ...behind];
  }

  /**
   * Puts `by` in the place of consecutive sources, in one step: an operation sees all of them or it. Nothing in their
   * place removes them. What was found before stays readable for whoever holds a reference.
   */
  replace(sources: readonly RunSource[], by: RunSource | null): void {
    const row = this.#sources.indexOf(sources[0] as RunSource);
    const isThere = row >= 0 && sources.every((source, at) => this.#sources[row + at] === source);
    if (!isThere) throw new RangeError('Only consecutive sources of the list can be replaced');
    const last = sources.at(-1) as RunSource;
    if (by !== null && (by.firstSequence !== sources[0]?.firstSequence || by.lastSequence !== last.lastSequence)) {
      throw new RangeError(
        `A source from ${by.firstSequence} to ${by.lastSequence} takes the place of another interval`,
      );
    }
    this.#sources = this.#sources.toSpliced(row, sources.length, ...(by === null ? [] : [by]));
  }
}
