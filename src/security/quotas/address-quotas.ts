/** Quotas of addresses: new connections a second (KIP-612). */
import type { Clock } from '../../base/clock.ts';
import { Meters } from './meters.ts';
import type { QuotaTable } from './quota-table.ts';
import { SampledRate, type Windows } from './sampled-rate.ts';

interface AddressMeter {
  readonly rate: SampledRate;
  lastMs: number;
}

export class AddressQuotas {
  readonly #table: QuotaTable;
  readonly #clock: Clock;
  readonly #windows: Windows;
  readonly #meters = new Meters<AddressMeter>();
  /** Connections that were closed because their address had too many, since start. */
  rejected = 0;

  constructor(table: QuotaTable, clock: Clock, windows: Windows) {
    this.#table = table;
    this.#clock = clock;
    this.#windows = windows;
  }

  /** Nobody has connected so far. */
  forget(): void {
    this.#meters.forgetAll();
  }

  /** Counts a new connection; 0: it may stay, else it is closed, and that so many ms later. */
  connected(address: string): number {
    const limit = this.#table.addressLimit(address);
    if (limit === null) return 0;
    const nowMs = this.#clock.monotonicMs();
    const meter = this.#meters.get(address, nowMs, () => ({ rate: new SampledRate(this.#windows), lastMs: nowMs }));
    meter.lastMs = nowMs;
    meter.rate.record(1, nowMs);
    const excessMs = Math.min(meter.rate.excessMs(limit, nowMs), this.#windows.ms);
    if (excessMs === 0) return 0;
    // It is none then.
    meter.rate.record(-1, nowMs);
    this.rejected += 1;
    return excessMs;
  }
}
