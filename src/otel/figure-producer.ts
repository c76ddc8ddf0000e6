/** Figures as the SDK of OpenTelemetry takes metrics from elsewhere: histograms stay histograms. */
import type {
  CollectionResult,
  DataPoint,
  Histogram,
  MetricData,
  MetricProducer,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Clock } from '../base/clock.ts';
import { pausing } from '../metrics/pausing.ts';
import type { Figure, FigureValue } from '../metrics/figures.ts';
import { unitOf } from '../metrics/open-telemetry.ts';

/** The numbers of the SDK's enums, so that it need not be loaded for them. */
const CUMULATIVE = 1;
const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;
const DOUBLE = 1;

type Time = DataPoint<number>['startTime'];
type Attributes = Record<string, string | number>;

/** @param figures of the moment @param resource the SDK's */
export function figureProducer(
  figures: () => Promise<readonly Figure[]>,
  clock: Clock,
  resource: ResourceMetrics['resource'],
): MetricProducer {
  const startTime = timeOf(clock.now());
  return {
    async collect(): Promise<CollectionResult> {
      const endTime = timeOf(clock.now());
      const pause = pausing(clock);
      const metrics: MetricData[] = [];
      for (const figure of await figures()) {
        const points = new Points(figure, startTime, endTime);
        for (const value of figure.collect()) {
          points.add(value);
          const paused = pause();
          if (paused !== undefined) await paused;
        }
        metrics.push(...points.metrics());
      }
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: 'walka' }, metrics }] }, errors: [] };
    },
  };
}

function timeOf(ms: number): Time {
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6];
}

/** The points of one figure. */
class Points {
  readonly #figure: Figure;
  readonly #startTime: Time;
  readonly #endTime: Time;
  /** By the name of the line; histograms have none. */
  readonly #numbers = new Map<string, DataPoint<number>[]>();
  readonly #histograms: DataPoint<Histogram>[] = [];
  /** Of the histogram whose lines come now. */
  #boundaries: number[] = [];
  #counts: number[] = [];
  #sum = 0;

  constructor(figure: Figure, startTime: Time, endTime: Time) {
    this.#figure = figure;
    this.#startTime = startTime;
    this.#endTime = endTime;
  }

  add({ metricName = this.#figure.name, labels, value }: FigureValue): void {
    if (this.#figure.type === 'histogram') {
      this.#addLine(metricName, labels ?? {}, value);
      return;
    }
    let points = this.#numbers.get(metricName);
    if (points === undefined) this.#numbers.set(metricName, (points = []));
    points.push(this.#point(labels ?? {}, value));
  }

  /** Buckets come first, from the lowest bound up, then the sum, then the count. */
  #addLine(metricName: string, labels: Attributes, value: number): void {
    const { name } = this.#figure;
    if (metricName === `${name}_bucket`) {
      if (labels['le'] !== '+Inf') this.#boundaries.push(Number(labels['le']));
      this.#counts.push(value);
    } else if (metricName === `${name}_sum`) this.#sum = value;
    else {
      const counts = this.#counts.map((count, bucket) => count - (this.#counts[bucket - 1] ?? 0));
      const buckets = { boundaries: this.#boundaries, counts };
      this.#histograms.push(this.#point(labels, { buckets, sum: this.#sum, count: value }));
      [this.#boundaries, this.#counts] = [[], []];
    }
  }

  #point<T>(attributes: Attributes, value: T): DataPoint<T> {
    return { startTime: this.#startTime, endTime: this.#endTime, attributes, value };
  }

  metrics(): MetricData[] {
    const { name: figureName, help: description, type } = this.#figure;
    const base = (name: string) => ({
      descriptor: { name, description, unit: unitOf(name).unit ?? '', valueType: DOUBLE },
      aggregationTemporality: CUMULATIVE,
    });
    if (type === 'histogram') {
      return [{ ...base(figureName), dataPointType: HISTOGRAM, dataPoints: this.#histograms }];
    }
    return [...this.#numbers].map(([name, dataPoints]) => {
      const isGauge = type === 'gauge' || (type === 'summary' && name === figureName);
      if (isGauge) return { ...base(name), dataPointType: GAUGE, dataPoints };
      return { ...base(name), dataPointType: SUM, dataPoints, isMonotonic: true };
    });
  }
}
