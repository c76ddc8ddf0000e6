/**
 * Reads metrics as OTLP has them in its MetricsData message: gauges, sums, histograms with explicit bounds, exponential ones as
 * such, and summaries as gauges. Field numbers are those of opentelemetry/proto/metrics/v1/metrics.proto.
 */
import { type Buckets, explicitHistogram } from './exponential.ts';
import { checkedHistogram, type Histogram } from './histogram.ts';
import { MalformedMessageError, ProtobufReader } from './protobuf.ts';

/** Names and values of attributes, as text. */
export type Attributes = ReadonlyMap<string, string>;

export interface Point {
  readonly attributes: Attributes;
  /** Of a histogram, how many values it has. */
  readonly value: number;
  /** Only of histograms; null: what came is none. */
  readonly histogram?: Histogram | null;
  /** Only of summaries: which quantile of theirs it is. */
  readonly quantile?: string;
}

export interface PushedMetric {
  readonly name: string;
  readonly description: string;
  /** Of the client: its group, its transactional id and the like. */
  readonly resource: Attributes;
  /** `other`: one that is not known, whose points are not read. */
  readonly kind: 'gauge' | 'sum' | 'histogram' | 'other';
  /** A sum that only grows. */
  readonly isMonotonic: boolean;
  /** Points say what came since the last push. */
  readonly isDelta: boolean;
  readonly points: readonly Point[];
}

/** A Gauge, a Sum or a Histogram: a gauge has only points. */
type Data = Pick<PushedMetric, 'points' | 'isDelta' | 'isMonotonic'>;

/** What its points stand for: gauges. */
interface Summary {
  readonly quantiles: Point[];
  readonly sums: Point[];
  readonly counts: Point[];
}

const NO_BUCKETS: Buckets = { offset: 0, counts: [] };
const DELTA = 1n;
/** By the number of the field that has their data. */
const KINDS: ReadonlyMap<number, PushedMetric['kind']> = new Map([
  [5, 'gauge'],
  [7, 'sum'],
  [9, 'histogram'],
  [10, 'histogram'],
]);
const EXPONENTIAL = 10;
const SUMMARY = 11;

/** Metrics, points and attributes of one push at most: two bytes of it may stand for one, and each takes memory. */
const MAX_ELEMENTS = 50_000;

/** Elements that are read before others have their turn: a few milliseconds. */
const ELEMENTS_PER_TURN = 2000;

/**
 * All metrics of a push.
 * @param pause gives others their turn
 * @throws MalformedMessageError, also for too many; as a rejection
 */
export async function readMetrics(bytes: Buffer, pause: () => Promise<void>): Promise<PushedMetric[]> {
  const reader = new MetricsReader();
  for (const _ of reader.read(new ProtobufReader(bytes))) await pause();
  return reader.metrics;
}

/** Yields where others should have their turn. */
type Steps<T = void> = Generator<void, T, undefined>;

class MetricsReader {
  readonly metrics: PushedMetric[] = [];
  #elements = 0;
  #pausedAt = 0;

  *read(data: ProtobufReader): Steps {
    while (data.next()) {
      if (data.number === 1) yield* this.#readResourceMetrics(data.message());
    }
  }

  /** True once for so many elements. */
  get #isDue(): boolean {
    if (this.#elements - this.#pausedAt < ELEMENTS_PER_TURN) return false;
    this.#pausedAt = this.#elements;
    return true;
  }

  #count(): void {
    if (++this.#elements > MAX_ELEMENTS) throw new MalformedMessageError('there are too many metrics');
  }

  *#readResourceMetrics(message: ProtobufReader): Steps {
    // The resource may come after what belongs to it.
    const scopes: ProtobufReader[] = [];
    const resource = new Map<string, string>();
    while (message.next()) {
      if (message.number === 1) yield* this.#readResource(message.message(), resource);
      else if (message.number === 2) {
        this.#count();
        scopes.push(message.message());
      }
    }
    for (const scope of scopes) {
      while (scope.next()) {
        if (scope.number === 2) yield* this.#readMetric(scope.message(), resource);
        if (this.#isDue) yield;
      }
    }
  }

  *#readResource(message: ProtobufReader, resource: Map<string, string>): Steps {
    while (message.next()) {
      if (message.number === 1) this.#readAttribute(message.message(), resource);
      if (this.#isDue) yield;
    }
  }

  *#readMetric(message: ProtobufReader, resource: Attributes): Steps {
    this.#count();
    let name = '';
    let description = '';
    let kind: PushedMetric['kind'] = 'other';
    let data: Data = { points: [], isDelta: false, isMonotonic: false };
    let summary: Summary | null = null;
    while (message.next()) {
      if (message.number === 1) name = message.string();
      else if (message.number === 2) description = message.string();
      else if (message.number === SUMMARY) summary = yield* this.#readSummary(message.message());
      else {
        const known = KINDS.get(message.number);
        if (known === undefined) continue;
        kind = known;
        data = yield* this.#readData(message.message(), message.number);
      }
    }
    if (summary === null) {
      this.metrics.push({ name, description, resource, kind, ...data });
      return;
    }
    const gauge = { description, resource, kind: 'gauge', isDelta: false, isMonotonic: false } as const;
    this.metrics.push(
      { ...gauge, name, points: summary.quantiles },
      { ...gauge, name: `${name}_sum`, points: summary.sums },
      { ...gauge, name: `${name}_count`, points: summary.counts },
    );
  }

  *#readSummary(message: ProtobufReader): Steps<Summary> {
    const summary: Summary = { quantiles: [], sums: [], counts: [] };
    while (message.next()) {
      if (message.number === 1) this.#readSummaryPoint(message.message(), summary);
      if (this.#isDue) yield;
    }
    return summary;
  }

  #readSummaryPoint(message: ProtobufReader, summary: Summary): void {
    this.#count();
    const attributes = new Map<string, string>();
    const [values, row]: [ProtobufReader[], number[]] = [[], []];
    let [count, sum] = [0, 0];
    while (message.next()) {
      if (message.number === 4) [count = 0] = message.fixed64s();
      else if (message.number === 5) sum = message.double();
      else if (message.number === 6) values.push(message.message());
      else if (message.number === 7) this.#readAttribute(message.message(), attributes);
    }
    for (const quantile of values) {
      this.#count();
      row.length = 0;
      row.push(0, 0);
      while (quantile.next()) {
        if (quantile.number === 1 || quantile.number === 2) row[quantile.number - 1] = quantile.double();
      }
      summary.quantiles.push({ attributes, quantile: String(row[0]), value: row[1] as number });
    }
    summary.sums.push({ attributes, value: sum });
    summary.counts.push({ attributes, value: count });
  }

  *#readData(message: ProtobufReader, kind: number): Steps<Data> {
    const points: Point[] = [];
    let isDelta = false;
    let isMonotonic = false;
    while (message.next()) {
      if (message.number === 1) {
        points.push(this.#readPointOf(kind, message.message()));
      } else if (message.number === 2) isDelta = message.varint() === DELTA;
      else if (message.number === 3) isMonotonic = message.varint() !== 0n;
      if (this.#isDue) yield;
    }
    return { points, isDelta, isMonotonic };
  }

  #readPointOf(kind: number, message: ProtobufReader): Point {
    if (kind === EXPONENTIAL) return this.#readExponential(message);
    return KINDS.get(kind) === 'histogram' ? this.#readHistogram(message) : this.#readPoint(message);
  }

  #readPoint(message: ProtobufReader): Point {
    this.#count();
    const attributes = new Map<string, string>();
    let value = 0;
    while (message.next()) {
      if (message.number === 4) value = message.double();
      else if (message.number === 6) value = Number(message.sfixed64());
      else if (message.number === 7) this.#readAttribute(message.message(), attributes);
    }
    return { attributes, value };
  }

  #readHistogram(message: ProtobufReader): Point {
    this.#count();
    const attributes = new Map<string, string>();
    const [bounds, counts]: [number[], number[]] = [[], []];
    let [value, sum] = [0, 0];
    while (message.next()) {
      if (message.number === 4) [value = 0] = message.fixed64s();
      else if (message.number === 5) sum = message.double();
      else if (message.number === 6) this.#addAll(counts, message.fixed64s());
      else if (message.number === 7) this.#addAll(bounds, message.doubles());
      else if (message.number === 9) this.#readAttribute(message.message(), attributes);
    }
    return { attributes, value, histogram: checkedHistogram({ bounds, counts, sum }, value) };
  }

  #readExponential(message: ProtobufReader): Point {
    this.#count();
    const attributes = new Map<string, string>();
    let [positive, negative]: [Buckets, Buckets] = [NO_BUCKETS, NO_BUCKETS];
    let [value, sum, scale, zeroCount, zeroThreshold] = [0, 0, 0, 0, 0];
    while (message.next()) {
      if (message.number === 1) this.#readAttribute(message.message(), attributes);
      else if (message.number === 4) [value = 0] = message.fixed64s();
      else if (message.number === 5) sum = message.double();
      else if (message.number === 6) scale = message.zigzag();
      else if (message.number === 7) [zeroCount = 0] = message.fixed64s();
      else if (message.number === 8) positive = this.#readBuckets(message.message());
      else if (message.number === 9) negative = this.#readBuckets(message.message());
      else if (message.number === 14) zeroThreshold = message.double();
    }
    const explicit = explicitHistogram({ scale, zeroCount, zeroThreshold, positive, negative, sum });
    return { attributes, value, histogram: explicit === null ? null : checkedHistogram(explicit, value) };
  }

  #readBuckets(message: ProtobufReader): Buckets {
    let offset = 0;
    const counts: number[] = [];
    while (message.next()) {
      if (message.number === 1) offset = message.zigzag();
      else if (message.number === 2) this.#addAll(counts, message.varints());
    }
    return { offset, counts };
  }

  #addAll(list: number[], values: readonly number[]): void {
    for (const value of values) {
      this.#count();
      list.push(value);
    }
  }

  #readAttribute(message: ProtobufReader, attributes: Map<string, string>): void {
    this.#count();
    let key = '';
    let value = '';
    while (message.next()) {
      if (message.number === 1) key = message.string();
      else if (message.number === 2) value = readValue(message.message());
    }
    attributes.set(key, value);
  }
}

/** Lists, maps and bytes are no value of a label. */
function readValue(message: ProtobufReader): string {
  let value = '';
  while (message.next()) {
    if (message.number === 1) value = message.string();
    else if (message.number === 2) value = String(message.varint() !== 0n);
    else if (message.number === 3) value = String(message.varint());
    else if (message.number === 4) value = String(message.double());
  }
  return value;
}
