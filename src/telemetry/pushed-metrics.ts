/**
 * Metrics that clients pushed, as figures: each series of each instance, until the instance is forgotten. Names and
 * numbers of series are bounded; what is left out is counted.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { turn } from '../base/real-time.ts';
import type { Figure, FigureValue } from '../metrics/figures.ts';
import type { Instance } from './client-instances.ts';
import { added, type Histogram, histogramLines, seriesOf } from './histogram.ts';
import { type Attributes, type Point, type PushedMetric, readMetrics } from './otlp.ts';
import { MalformedMessageError } from './protobuf.ts';
import type { DropReason } from './figures.ts';
import { isWanted } from './subscriptions.ts';

/** Names at most, of all clients. */
const MAX_NAMES = 1000;
/** Series of one client at most. */
const MAX_SERIES_A_CLIENT = 5000;
const MAX_NAME_LENGTH = 200;
const MAX_LABELS = 16;
/** Of a point with its resource, those included that become no label. */
const MAX_ATTRIBUTES = 64;
export const MAX_LABEL_LENGTH = 250;
/** Of all labels of one series. */
const MAX_LABELS_LENGTH = 2000;

/** Attributes that are made labels of before others have their turn: a few milliseconds. */
const ATTRIBUTES_PER_TURN = 2000;
/** Points that are taken without a look at who is still there. */
const POINTS_AT_ONCE = 25;

/** What changes while a client lives, so that it would have each series twice; the instance's id says as much. */
const CHANGING: ReadonlySet<string> = new Set(['member_id', 'group_member_id']);

/** In whose place `kafka_client_` stands. */
const KAFKA_PREFIX = 'org.apache.kafka.';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** By instance, then by what their labels say. */
  readonly series: Map<string, Map<string, Series>>;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
  /** Only in families of histograms. */
  histogram?: Histogram;
}

export class PushedMetrics {
  readonly #maxSeries: () => number;
  readonly #families = new Map<string, Family>();
  /** Number of series by instance. */
  readonly #counts = new Map<string, number>();
  readonly #dropped = new Map<DropReason, number>();
  #seriesCount = 0;
  #pushes = 0;
  #malformed = 0;

  /** @param maxSeries series of all clients together at most */
  constructor(maxSeries: () => number) {
    this.#maxSeries = maxSeries;
  }

  get pushes(): number {
    return this.#pushes;
  }

  /** Pushes that were no OTLP. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Points that were not kept, by reason. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }

  /**
   * Takes a push, in slices, as far as the instance stays known.
   * @throws KafkaError INVALID_RECORD for what is no OTLP, and nothing of it is kept; as a rejection
   */
  async take(instance: Instance, bytes: Buffer, isKnown: () => boolean): Promise<void> {
    const metrics = await this.#read(bytes);
    let left = ATTRIBUTES_PER_TURN;
    const pauseAfter = async (attributes: number): Promise<void> => {
      left -= attributes;
      if (left > 0) return;
      left = ATTRIBUTES_PER_TURN;
      await turn();
    };
    for (const metric of metrics) {
      // What is forgotten is forgotten once.
      if (!isKnown()) return;
      await this.#takeMetric(instance, metric, isKnown, pauseAfter);
    }
    this.#pushes += 1;
  }

  async #read(bytes: Buffer): Promise<readonly PushedMetric[]> {
    try {
      return await readMetrics(bytes, turn);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      this.#malformed += 1;
      throw new KafkaError(ErrorCode.INVALID_RECORD, `The metrics cannot be read: ${error.message}.`, { cause: error });
    }
  }

  /** Drops all series of an instance. */
  forget(instanceId: string): void {
    const count = this.#counts.get(instanceId);
    if (count === undefined) return;
    this.#counts.delete(instanceId);
    this.#seriesCount -= count;
    for (const [name, { series }] of this.#families) {
      series.delete(instanceId);
      if (series.size === 0) this.#families.delete(name);
    }
  }

  /** Those of now. */
  figures(): Figure[] {
    return [...this.#families.values()].map(({ name, help, type, series }) => ({
      name,
      help,
      type,
      *collect(): Generator<FigureValue, void, undefined> {
        for (const ofInstance of series.values()) {
          if (type !== 'histogram') yield* ofInstance.values();
          else {
            for (const { labels, histogram } of ofInstance.values()) {
              if (histogram !== undefined) yield* histogramLines(name, labels, histogram);
            }
          }
        }
      },
    }));
  }

  #drop(reason: DropReason, points: number): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + points);
  }

  async #takeMetric(
    instance: Instance,
    metric: PushedMetric,
    isKnown: () => boolean,
    pauseAfter: (attributes: number) => Promise<void>,
  ): Promise<void> {
    const { points, resource } = metric;
    await pauseAfter(1);
    if (!isWanted(metric.name, instance.wanted)) return this.#drop('not-wanted', points.length);
    if (metric.kind === 'other') return this.#drop('kind', Math.max(1, points.length));
    for (let at = 0; at < Math.max(1, points.length) && isKnown(); ) {
      // While others had their turn the family may have gone, with the last of its series.
      const family = this.#familyOf(metric);
      if (typeof family === 'string') return this.#drop(family, Math.max(1, points.length - at));
      const end = Math.min(points.length, at + POINTS_AT_ONCE);
      let attributes = 0;
      for (const point of points.slice(at, end)) {
        const dropped = this.#takePoint(family, instance, metric, point);
        if (dropped !== null) this.#drop(dropped, 1);
        attributes += 1 + resource.size + point.attributes.size;
      }
      at = Math.max(end, at + 1);
      if (family.series.size === 0) this.#families.delete(family.name);
      await pauseAfter(attributes);
    }
  }

  /** A family has one type, the one it was seen with first; OpenMetrics names counters without their `_total`. */
  #familyOf({ name: pushedName, description, kind, isMonotonic }: PushedMetric): Family | DropReason {
    const type = kind === 'histogram' ? kind : kind === 'sum' && isMonotonic ? 'counter' : 'gauge';
    const name = figureName(pushedName, type);
    if (name.length > MAX_NAME_LENGTH) return 'name';
    const known = this.#families.get(name);
    if (known !== undefined) return known.type === type ? known : 'kind';
    if (this.#clashes(name, type)) return 'kind';
    if (this.#families.size >= MAX_NAMES) return 'name';
    const help = `Pushed by clients. ${description.slice(0, MAX_LABEL_LENGTH)}`.trim();
    const family: Family = { name, help, type, series: new Map() };
    this.#families.set(name, family);
    return family;
  }

  /** Whether a line of this family would look like one of another. */
  #clashes(name: string, type: Family['type']): boolean {
    const other = type === 'counter' ? name.slice(0, -COUNTER_END.length) : name + COUNTER_END;
    if (type === 'counter' ? this.#families.has(other) : this.#families.get(other)?.type === 'counter') return true;
    if (type === 'histogram') return HISTOGRAM_ENDS.some((end) => this.#families.has(name + end));
    const end = HISTOGRAM_ENDS.find((one) => name.endsWith(one)) ?? '';
    return end !== '' && this.#families.get(name.slice(0, -end.length))?.type === 'histogram';
  }

  #takePoint(
    family: Family,
    instance: Instance,
    metric: PushedMetric,
    { attributes, value, histogram, quantile }: Point,
  ): DropReason | null {
    const { instanceId } = instance;
    if (histogram === null) return 'kind';
    const labels = labelsOf(instance, metric.resource, attributes);
    if (labels === null) return 'labels';
    if (quantile !== undefined) labels['quantile'] = quantile;
    const key = JSON.stringify(labels);
    let ofInstance = family.series.get(instanceId);
    const known = ofInstance?.get(key);
    if (known !== undefined) {
      const { histogram: before } = known;
      if (histogram === undefined || before === undefined) {
        known.value = metric.isDelta ? known.value + value : value;
        return null;
      }
      const now = metric.isDelta ? added(before, histogram) : histogram;
      // Other bounds are other series.
      if (!this.#reserve(instanceId, seriesOf(now) - seriesOf(before))) return 'series';
      known.histogram = now;
      return null;
    }
    if (!this.#reserve(instanceId, histogram === undefined ? 1 : seriesOf(histogram))) return 'series';
    if (ofInstance === undefined) family.series.set(instanceId, (ofInstance = new Map()));
    ofInstance.set(key, { labels, value, ...(histogram && { histogram }) });
    return null;
  }

  /** Counts more series of an instance, or fewer; false: there would be too many. */
  #reserve(instanceId: string, more: number): boolean {
    const count = (this.#counts.get(instanceId) ?? 0) + more;
    if (more > 0 && (count > MAX_SERIES_A_CLIENT || this.#seriesCount + more > this.#maxSeries())) return false;
    this.#counts.set(instanceId, count);
    this.#seriesCount += more;
    return true;
  }
}

const COUNTER_END = '_total';
const HISTOGRAM_ENDS: readonly string[] = ['_bucket', '_sum', '_count'];

/** As Prometheus has it; counters end in `_total`. */
function figureName(pushedName: string, type: Family['type']): string {
  const short = pushedName.startsWith(KAFKA_PREFIX) ? pushedName.slice(KAFKA_PREFIX.length) : pushedName;
  const name = `kafka_client_${short.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`;
  return type === 'counter' && !name.endsWith(COUNTER_END) ? name + COUNTER_END : name;
}

/** Of the instance, of what it says of itself, and of the point; null: too many or too long. */
function labelsOf(instance: Instance, resource: Attributes, point: Attributes): Record<string, string> | null {
  const labels: Record<string, string> = {
    client_id: instance.clientId,
    client_instance_id: instance.instanceId,
  };
  if (resource.size + point.size > MAX_ATTRIBUTES) return null;
  let count = 0;
  let length = 0;
  // In one order, whatever the client's is: a series is known by its labels.
  const attributes = [...resource, ...point];
  if (attributes.some(([key]) => key.length > MAX_LABEL_LENGTH)) return null;
  const named = attributes.map(([key, value]) => [labelName(key), value] as const);
  for (const [name, value] of named.sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (CHANGING.has(name) || Object.hasOwn(labels, name)) continue;
    if (++count > MAX_LABELS || name.length > MAX_LABEL_LENGTH || value.length > MAX_LABEL_LENGTH) return null;
    if ((length += name.length + value.length) > MAX_LABELS_LENGTH) return null;
    labels[name] = value;
  }
  return labels;
}

/** Names of our own cannot be taken: whatever else is in the way of Prometheus' rules becomes an underscore. */
function labelName(key: string): string {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return /^(?:[0-9]|__|le$|quantile$|$)/.test(name) ? `attribute_${name}` : name;
}
