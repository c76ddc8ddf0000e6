/**
 * The file of a recording: lines of JSON. The first says what it is; each other is a request or a response, in the order
 * in which they came and went, with its header in words and its bytes as base64.
 */
import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { isError } from '../../base/realms.ts';

/** A line. */
export interface RecordedFrame {
  /** Number of the line, without the first: 1, 2, … */
  readonly order: number;
  /** Milliseconds since the recording began. */
  readonly at: number;
  /** Number of the connection in the recording, from 1. */
  readonly connection: number;
  readonly kind: 'request' | 'response';
  /** Kafka's name. */
  readonly api: string;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** The whole frame, without its length, as base64; null where it is, or may be, a secret. */
  readonly frame: string | null;
}

const FORMAT = 'walka-recording';
const VERSION = 1;

/** Writes lines as they come. What fails is told by `end`. */
export class RecordingWriter {
  readonly #stream: ReturnType<typeof createWriteStream>;
  #failure: Error | null = null;

  private constructor(file: string) {
    this.#stream = createWriteStream(file);
    this.#stream.on('error', (error) => (this.#failure ??= error));
    this.#stream.write(`${JSON.stringify({ format: FORMAT, version: VERSION })}\n`);
  }

  /** A file that is there is replaced. @throws the system's error, as a rejection */
  static async open(file: string): Promise<RecordingWriter> {
    const writer = new RecordingWriter(file);
    await once(writer.#stream, 'open');
    return writer;
  }

  write(frame: RecordedFrame): void {
    this.#stream.write(`${JSON.stringify(frame)}\n`);
  }

  /** @throws the system's error, as a rejection, when not all could be written */
  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stream.on('close', () => resolve());
    if (this.#stream.closed) resolve();
    this.#stream.end();
    await promise;
    if (this.#failure !== null) throw this.#failure;
  }
}

/** @throws the system's error; Error with the line that is none of a recording */
export function readRecording(file: string): RecordedFrame[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const parsed = lines.map((line, index) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (error) {
      throw new Error(`${file}: line ${index + 1} is no JSON: ${isError(error) ? error.message : ''}`, {
        cause: error,
      });
    }
  });
  const { format, version } = (parsed[0] ?? {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT || version !== VERSION) throw new Error(`${file}: is no recording of version ${VERSION}`);
  return parsed.slice(1) as RecordedFrame[];
}
