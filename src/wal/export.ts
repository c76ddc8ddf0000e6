/** Who gets a log's statistics: prom-client, OpenTelemetry, or code of the user's own. */
import type { Clock, Timer } from '../base/clock.ts';
import { globalMeter, type MeterLike, observeFigures } from '../metrics/open-telemetry.ts';
import { registerFigures, type RegistryLike } from '../metrics/prom-client.ts';
import type { WalStats } from '../storage/wal-stats.ts';
import { walFigures } from './figures.ts';

export interface StatsExports {
  /** A `Registry` of prom-client: gets the metrics `wal_stats_*`, collected when it is asked for its text. */
  readonly prometheus?: RegistryLike;
  /** A `Meter` of `@opentelemetry/api`, or true for the global one, where the package is installed. */
  readonly openTelemetry?: MeterLike | true;
  /** Called with the statistics every `intervalMs`. What it throws is logged as a warning and changes nothing. */
  readonly collector?: (stats: WalStats) => void;
  /** Default 10 seconds. */
  readonly intervalMs?: number;
}

const DEFAULT_INTERVAL_MS = 10_000;

/** Exports until `end`, which is called once. */
/** @throws TypeError, RangeError */
export function checkExports({ prometheus, openTelemetry, collector, intervalMs }: StatsExports): void {
  if (prometheus !== undefined && typeof prometheus?.registerMetric !== 'function') {
    throw new TypeError('exportStats: prometheus is a Registry of prom-client');
  }
  const isMeter = openTelemetry === true || typeof openTelemetry?.createObservableCounter === 'function';
  if (openTelemetry !== undefined && !isMeter) {
    throw new TypeError('exportStats: openTelemetry is a Meter of @opentelemetry/api, or true for the global one');
  }
  if (collector !== undefined && typeof collector !== 'function') {
    throw new TypeError('exportStats: collector is a function');
  }
  if (intervalMs !== undefined && !(Number.isSafeInteger(intervalMs) && intervalMs >= 1)) {
    throw new RangeError(`exportStats: intervalMs is a whole number from 1 on, not ${String(intervalMs)}`);
  }
}

export class StatsExporter {
  readonly #clock: Clock;
  readonly #ends: Array<() => void> = [];
  #timer: Timer | null = null;
  #hasEnded = false;

  constructor(stats: () => WalStats, clock: Clock, exports: StatsExports, onThrown: (error: unknown) => void) {
    this.#clock = clock;
    const { prometheus, openTelemetry, collector, intervalMs = DEFAULT_INTERVAL_MS } = exports;
    const figures = walFigures(stats);
    if (prometheus !== undefined) this.#ends.push(registerFigures(prometheus, figures));
    if (openTelemetry === true) {
      void globalMeter().then((meter) => {
        if (meter !== null && !this.#hasEnded) this.#ends.push(observeFigures(meter, figures));
      });
    } else if (openTelemetry !== undefined) this.#ends.push(observeFigures(openTelemetry, figures));
    if (collector !== undefined) {
      this.#every(intervalMs, () => {
        try {
          collector(stats());
        } catch (error) {
          onThrown(error);
        }
      });
    }
  }

  end(): void {
    this.#hasEnded = true;
    this.#timer?.cancel();
    for (const end of this.#ends.splice(0)) end();
  }

  #every(intervalMs: number, run: () => void): void {
    this.#timer = this.#clock.setTimer(intervalMs, () => {
      this.#every(intervalMs, run);
      run();
    });
  }
}
