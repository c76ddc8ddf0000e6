/** The walk over records that come in pieces which end anywhere, as a codec expands them. */
import { SplitRecord } from './split-record.ts';
import { RecordWalk } from './walk.ts';

/** Keeps no bytes of a piece: a record that goes on in the next one is looked at field by field. */
export class PieceWalk {
  readonly walk = new RecordWalk();
  readonly #split = new SplitRecord();
  #maxRecordBytes = Infinity;

  /** Starts over; a record that does not lie in one piece may have up to `maxRecordBytes` bytes behind its length. */
  begin(count: number, maxRecordBytes: number): void {
    this.walk.begin(count);
    this.#split.isOpen = false;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** @throws KafkaError INVALID_RECORD */
  take(piece: Buffer): void {
    let at = 0;
    if (this.#split.isOpen) {
      at = this.#split.take(piece, 0);
      if (this.#split.isOpen) return;
      this.walk.add(this.#split);
    }
    at = this.walk.walk(piece, at, piece.length);
    if (at === piece.length) return;
    this.walk.mustGoOn(piece.length - at);
    this.#split.begin(this.#maxRecordBytes);
    this.#split.take(piece, at);
  }

  /** All pieces have come. @throws KafkaError INVALID_RECORD */
  finish(): void {
    this.walk.finish(0);
  }
}
