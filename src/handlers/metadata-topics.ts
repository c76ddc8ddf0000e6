/**
 * The topics of a Metadata response on their way to the wire. Many of them would take the codec tens of ms in one go, so
 * those of a finished slice are written at once and wait as bytes. Few stay as they are.
 */
import {
  type MetadataResponse,
  type MetadataResponseTopic,
  writeMetadataResponse,
} from '../../protocol/generated/metadata-response.ts';
import type { Input } from '../../protocol/input.ts';
import { Writer } from '../../protocol/writer.ts';

export type ResponseTopic = Input<MetadataResponseTopic>;
export type Response = Omit<Input<MetadataResponse>, 'topics'> & { readonly topics: readonly ResponseTopic[] | Topics };

export class Topics {
  readonly #version: number;
  readonly #written: Buffer[] = [];
  #writtenCount = 0;
  #topics: ResponseTopic[] = [];

  /** @param version that of the response they are for */
  constructor(version: number) {
    this.#version = version;
  }

  push(topic: ResponseTopic): void {
    this.#topics.push(topic);
  }

  /** Turns the topics so far into bytes. */
  write(): void {
    this.#written.push(bytesOf(this.#topics, this.#version));
    this.#writtenCount += this.#topics.length;
    this.#topics = [];
  }

  /** The topics as the codec takes them, which is about to write to `writer`. */
  into(writer: Writer): readonly ResponseTopic[] {
    const [written, topics] = [this.#written, this.#topics];
    if (written.length === 0) return topics;
    return elements(this.#writtenCount + topics.length, function* () {
      for (const bytes of written) writer.raw(bytes);
      yield* topics;
    });
  }
}

/** The codec's writer, for responses with topics of either kind. */
export function writeResponse(writer: Writer, response: Response, version: number): void {
  const { topics } = response;
  writeMetadataResponse(
    writer,
    { ...response, topics: topics instanceof Topics ? topics.into(writer) : topics },
    version,
  );
}

/** What the codec writes for these topics, without what comes before and after them in a response. */
function bytesOf(topics: readonly ResponseTopic[], version: number): Buffer {
  const writer = new Writer();
  let [start, end] = [0, 0];
  const marked = elements(topics.length, function* () {
    start = writer.byteLength;
    yield* topics;
    end = writer.byteLength;
  });
  writeMetadataResponse(writer, { topics: marked }, version);
  return writer.toBuffer().subarray(start, end);
}

/** What the codec uses of an array: its length, which it writes, and then once its elements, each written as it comes. */
function elements(length: number, iterate: () => Iterator<ResponseTopic>): readonly ResponseTopic[] {
  return { length, [Symbol.iterator]: iterate } as unknown as readonly ResponseTopic[];
}
