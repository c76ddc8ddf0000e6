/**
 * A rate over the last windows of time, as Apache Kafka measures what it has quotas for.
 *
 * A sample takes what comes within one window from its first event on. What is older than all windows is forgotten, by
 * whole samples. The sum is divided by the time since the oldest sample began, and at least by all windows but one: so a
 * client that comes anew, or after a rest, may bring at once what it may bring in that time.
 */
import type { BrokerConfig } from '../../config/broker-config.ts';

/** How many windows, and how long each is. */
export interface Windows {
  readonly count: number;
  readonly ms: number;
}

/** As the settings of `quota` or `controller.quota` say. */
export function windowsOf(config: BrokerConfig, prefix: 'quota' | 'controller.quota'): Windows {
  return { count: config.int(`${prefix}.window.num`), ms: config.int(`${prefix}.window.size.seconds`) * 1000 };
}

interface Sample {
  startMs: number;
  lastMs: number;
  total: number;
}

export class SampledRate {
  readonly #windows: Windows;
  /** A ring of one more than there are windows, as one may overlap the beginning; made as time goes by. */
  readonly #samples: Sample[] = [];
  #current = 0;

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  /** @param value may be negative, to take back what was recorded in this window */
  record(value: number, nowMs: number): void {
    const sample = this.#sampleFor(nowMs);
    sample.total += value;
    sample.lastMs = nowMs;
  }

  /** What was recorded, by the second. */
  measure(nowMs: number): number {
    this.#forget(nowMs);
    let total = 0;
    for (const sample of this.#samples) total += sample.total;
    return (total / this.spanMs(nowMs)) * 1000;
  }

  /** The time that the rate is measured over, in ms. */
  spanMs(nowMs: number): number {
    this.#forget(nowMs);
    let oldestMs = nowMs;
    for (const { startMs } of this.#samples) if (startMs < oldestMs) oldestMs = startMs;
    const elapsedMs = nowMs - oldestMs;
    const missing = this.#windows.count - 1 - Math.floor(elapsedMs / this.#windows.ms);
    return Math.max(elapsedMs + Math.max(missing, 0) * this.#windows.ms, 1);
  }

  /** How long nothing more may come, in whole ms, until what was recorded is within the limit; 0 while it is. */
  excessMs(limit: number, nowMs: number): number {
    const rate = this.measure(nowMs);
    return rate <= limit ? 0 : Math.round(((rate - limit) / limit) * this.spanMs(nowMs));
  }

  #sampleFor(nowMs: number): Sample {
    const current = this.#samples[this.#current];
    if (current !== undefined && nowMs - current.startMs < this.#windows.ms) return current;
    if (current !== undefined) this.#current = (this.#current + 1) % (this.#windows.count + 1);
    const sample = { startMs: nowMs, lastMs: nowMs, total: 0 };
    this.#samples[this.#current] = sample;
    return sample;
  }

  #forget(nowMs: number): void {
    const keptMs = this.#windows.count * this.#windows.ms;
    for (const sample of this.#samples) {
      if (nowMs - sample.lastMs < keptMs) continue;
      sample.startMs = nowMs;
      sample.lastMs = nowMs;
      sample.total = 0;
    }
  }
}
