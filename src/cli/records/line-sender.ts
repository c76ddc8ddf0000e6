/** Sends lines as records, one after the other. */
import type { Producer, TopicWriter } from '../../client/producer.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { ParsedLine } from './line-parsers.ts';
import { RecordLineError } from './record-json.ts';

/** Waits where the broker is slow. */
export class LineSender {
  readonly #producer: Producer;
  readonly #topic: string | null;
  readonly #partition: number | null;
  readonly #parse: (line: Buffer) => ParsedLine;
  readonly #writers = new Map<string, TopicWriter>();
  #writer: TopicWriter | null = null;
  #lineNumber = 0;

  constructor(
    producer: Producer,
    topic: string | null,
    { partition = null }: { readonly partition?: number | null },
    parse: (line: Buffer) => ParsedLine,
  ) {
    this.#producer = producer;
    this.#topic = topic;
    this.#partition = partition;
    this.#parse = parse;
  }

  async sendAll(lines: readonly Buffer[], source: string): Promise<void> {
    for (const line of lines) {
      this.#lineNumber += 1;
      try {
        const parsed = this.#parse(line);
        const name = this.#topic ?? parsed.topic;
        if (name === null) throw new RecordLineError('it names no topic, and the command does not either');
        const writer = this.#topic !== null && this.#writer !== null ? this.#writer : await this.#writerOf(name);
        const partition = this.#partition ?? parsed.partition;
        const pressure = writer.send(parsed.record, partition ?? undefined);
        if (pressure !== null) await pressure;
      } catch (error) {
        if (!(error instanceof RecordLineError)) throw error;
        // What came before is written: it is told where to go on.
        await this.#producer.flush();
        throw new ConfigError(
          `line ${this.#lineNumber} of ${source}: ${error.message}; the lines before it are written`,
        );
      }
    }
  }

  /** The next source begins with line 1. */
  begin(): void {
    this.#lineNumber = 0;
  }

  async #writerOf(name: string): Promise<TopicWriter> {
    const known = this.#writers.get(name);
    if (known !== undefined) return known;
    const writer = await this.#producer.topic(name);
    if (this.#partition !== null && this.#partition >= writer.partitionCount) {
      throw new ConfigError(`topic ${name} has no partition ${this.#partition}: it has ${writer.partitionCount}`);
    }
    this.#writers.set(name, writer);
    this.#writer = writer;
    return writer;
  }
}
