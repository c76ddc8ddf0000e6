/** Load by Kafka's own Java clients: its perf tools, and `load/java` for what they do not measure. */
import { join } from 'node:path';
import { cacheDir } from '../../test/support/broker-process.ts';
import { JAVA_LOAD } from './compiled.ts';
import type { ConsumeLoad, Percentiles, Produced, ProduceLoad } from './generator.ts';
import { runForFigures, runProgram } from './program.ts';

export const perfTools = join(cacheDir, 'tools');
const PERF = ['-Xmx512m', '-cp', `${perfTools}/*`];
/** In the units of the tools. */
const MIB = 1024 * 1024;

/** `1000 records sent, 950.1 records/sec (0.93 MB/sec), 1.20 ms avg latency, 9.00 ms max latency, 1 ms 50th, 2 ms 95th, …` */
export function parseProducerPerf(
  output: string,
): { readonly records: number; readonly perSecond: number } & Omit<Percentiles, 'p999'> {
  const line =
    output
      .trim()
      .split('\n')
      .findLast((text) => text.includes('99th')) ?? '';
  const found =
    /^(\d+) records sent, ([\d.]+) records\/sec .*?([\d.]+) ms max latency, (\d+) ms 50th, .* (\d+) ms 99th/.exec(line);
  if (found === null) throw new Error(`kafka-producer-perf-test said: ${output.slice(-500)}`);
  const [records, perSecond, max, p50, p99] = found.slice(1).map(Number) as [number, number, number, number, number];
  return { records, perSecond, p50, p99, max };
}

/** Comma-separated, with a head line: `…, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, …, fetch.MB.sec, …`. */
export function parseConsumerPerf(output: string): { readonly bytesPerSecond: number; readonly records: number } {
  const lines = output
    .trim()
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()));
  const head = lines.find((cells) => cells.includes('MB.sec'));
  const row = head === undefined ? undefined : lines[lines.indexOf(head) + 1];
  if (head === undefined || row === undefined) throw new Error(`kafka-consumer-perf-test said: ${output.slice(-500)}`);
  const of = (name: string): number => Number(row[head.indexOf(name)]);
  return { bytesPerSecond: of('fetch.MB.sec') * MIB, records: of('data.consumed.in.nMsg') };
}

export class JavaTools {
  readonly name = "Kafka's perf tools";

  /** As fast as it can; `limit` is a number of records. */
  async produce(
    bootstrap: string,
    load: ProduceLoad & { readonly limit: { readonly records: number } },
    signal: AbortSignal,
  ): Promise<Produced & { readonly p50: number; readonly p99: number }> {
    const settings = [`bootstrap.servers=${bootstrap}`, `acks=${load.acks}`, `compression.type=${load.codec}`];
    const args = ['--topic', load.topic, '--num-records', load.limit.records, '--record-size', load.recordBytes];
    const more = ['--throughput', -1, '--bootstrap-server', bootstrap];
    const command = settings.flatMap((setting) => ['--command-property', setting]);
    const tool = 'org.apache.kafka.tools.ProducerPerformance';
    const output = await runProgram('java', [...PERF, tool, ...args, ...more, ...command], signal);
    const { records, perSecond, p50, p99 } = parseProducerPerf(output);
    return { records, bytes: records * load.recordBytes, seconds: records / perSecond, p50, p99 };
  }

  async consume(
    bootstrap: string,
    load: ConsumeLoad,
    signal: AbortSignal,
  ): Promise<{ readonly bytesPerSecond: number; readonly records: number }> {
    const args = ['--bootstrap-server', bootstrap, '--topic', load.topic, '--num-records', load.records];
    const tool = 'org.apache.kafka.tools.ConsumerPerformance';
    return parseConsumerPerf(await runProgram('java', [...PERF, tool, ...args, '--timeout', 60_000], signal));
  }
}

/** `load/java`: transactions and share groups. */
export class JavaClients {
  run(signal: AbortSignal, ...args: ReadonlyArray<string | number>): Promise<Readonly<Record<string, number>>> {
    return runForFigures('java', [...JAVA_LOAD, ...args], signal);
  }
}
