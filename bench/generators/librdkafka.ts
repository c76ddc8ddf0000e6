/** Load by librdkafka, on which most clients outside Java are built: `load/load.c`. */
import { parseBootstrap } from '../bootstrap.ts';
import type {
  Consumed,
  ConsumeLoad,
  Generator,
  OpenLoopLoad,
  OpenLoopResult,
  Percentiles,
  Produced,
  ProduceLoad,
} from './generator.ts';
import { runForFigures } from './program.ts';

type Answer = Readonly<Record<string, number>>;

/** What a program calls `nameP50Ms` and so on. */
export function percentilesOf(answer: Answer, name: string): Percentiles {
  const of = (part: string): number => answer[`${name}${part}Ms`] ?? Number.NaN;
  return { p50: of('P50'), p99: of('P99'), p999: of('P999'), max: of('Max') };
}

export class Librdkafka implements Generator {
  readonly name = 'librdkafka';
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  async produce(bootstrap: string, load: ProduceLoad, signal: AbortSignal): Promise<Produced> {
    const { topic, partitions, recordBytes, codec, acks, limit } = load;
    const until = 'seconds' in limit ? `${limit.seconds}s` : limit.records;
    const answer = await this.#run(signal, 'produce', bootstrap, topic, partitions, until, recordBytes, codec, acks);
    return { bytes: answer['bytes'] ?? 0, records: answer['records'] ?? 0, seconds: answer['seconds'] ?? 0 };
  }

  async consume(bootstrap: string, load: ConsumeLoad, signal: AbortSignal): Promise<Consumed> {
    const answer = await this.#run(signal, 'consume', bootstrap, load.topic, load.partitions, load.records);
    return { bytes: answer['bytes'] ?? 0, timedBytes: answer['timedBytes'] ?? 0, seconds: answer['seconds'] ?? 0 };
  }

  async openLoop(bootstrap: string, load: OpenLoopLoad, signal: AbortSignal): Promise<OpenLoopResult> {
    const { topic, partitions, rate, seconds, recordBytes } = load;
    const answer = await this.#run(signal, 'openloop', bootstrap, topic, partitions, rate, seconds, recordBytes);
    return { acknowledged: percentilesOf(answer, 'ack'), endToEnd: percentilesOf(answer, 'endToEnd') };
  }

  /** One record in flight. */
  async roundTrip(
    bootstrap: string,
    load: { readonly topic: string; readonly records: number; readonly recordBytes: number },
    signal: AbortSignal,
  ): Promise<Percentiles> {
    const answer = await this.#run(signal, 'roundtrip', bootstrap, load.topic, load.records, load.recordBytes);
    return percentilesOf(answer, 'roundTrip');
  }

  #run(signal: AbortSignal, mode: string, bootstrap: string, ...args: ReadonlyArray<string | number>): Promise<Answer> {
    const { host, port, caFile } = parseBootstrap(bootstrap);
    const tls = caFile === null ? [] : ['-X', 'security.protocol=ssl', '-X', `ssl.ca.location=${caFile}`];
    return runForFigures(this.#program, [...tls, mode, `${host}:${port}`, ...args], signal);
  }
}
