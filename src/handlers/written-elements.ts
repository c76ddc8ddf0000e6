/**
 * A long array of a response on its way to the wire. It would take the codec tens of ms in one go, so the elements of a
 * finished slice are written at once and wait as bytes. Few stay as they are.
 */
import { Writer } from '../../protocol/writer.ts';

/** Writes a response that has these elements in its array, and nothing else that matters. */
type Write<T> = (writer: Writer, elements: readonly T[]) => void;

export class WrittenElements<T> {
  readonly #write: Write<T>;
  readonly #written: Buffer[] = [];
  /** Error codes in them. */
  readonly #errors: number[] = [];
  #writtenCount = 0;
  #elements: T[] = [];

  constructor(write: Write<T>) {
    this.#write = write;
  }

  push(element: T): void {
    this.#elements.push(element);
  }

  /** Turns the elements so far into bytes. */
  write(): void {
    const { bytes, errors } = written(this.#elements, this.#write);
    this.#written.push(bytes);
    for (const code of errors) this.#errors.push(code);
    this.#writtenCount += this.#elements.length;
    this.#elements = [];
  }

  /** The elements, for who looks into them instead of sending them; null once some are bytes. */
  get unwritten(): readonly T[] | null {
    return this.#writtenCount === 0 ? this.#elements : null;
  }

  /** The elements as the codec takes them, which is about to write to `writer`. */
  into(writer: Writer): readonly T[] {
    const [chunks, rest] = [this.#written, this.#elements];
    if (chunks.length === 0) return rest;
    writer.noteErrors(this.#errors);
    return elements(this.#writtenCount + rest.length, function* () {
      for (const bytes of chunks) writer.raw(bytes);
      yield* rest;
    });
  }
}

/** What the codec writes for these elements, without what comes before and after them in a response. */
function written<T>(
  items: readonly T[],
  write: Write<T>,
): { readonly bytes: Buffer; readonly errors: readonly number[] } {
  const writer = new Writer();
  let [start, end] = [0, 0];
  const marked = elements(items.length, function* () {
    start = writer.byteLength;
    yield* items;
    end = writer.byteLength;
  });
  write(writer, marked);
  return { bytes: writer.toBuffer().subarray(start, end), errors: writer.errors };
}

/** What the codec uses of an array: its length, which it writes, and then once its elements, each written as it comes. */
function elements<T>(length: number, iterate: () => Iterator<T>): readonly T[] {
  return { length, [Symbol.iterator]: iterate } as unknown as readonly T[];
}
