/** Changes of metadata that one request makes, against its client's quota (KIP-599). */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { Clock } from '../../base/clock.ts';
import type { MutationMeter } from './meter.ts';

export class MutationQuota {
  readonly #meter: MutationMeter;
  readonly #clock: Clock;
  readonly #isStrict: boolean;
  /** Clock.monotonicMs until when the client is to be held back. */
  #untilMs = 0;

  /** @param isStrict the request is of a version whose clients know that they may be refused */
  constructor(meter: MutationMeter, clock: Clock, isStrict: boolean) {
    this.#meter = meter;
    this.#clock = clock;
    this.#isStrict = isStrict;
  }

  /**
   * Counts changes about to be made, of so many partitions. Those that go beyond the limit are made, the next are not.
   * @throws KafkaError THROTTLING_QUOTA_EXCEEDED where that may be said: they are not to be made
   */
  record(partitionCount: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#isStrict) this.#meter.take(partitionCount, nowMs);
    const excessMs = this.#meter.excessMs(nowMs);
    if (excessMs > 0) this.#untilMs = nowMs + excessMs;
    if (!this.#isStrict) return;
    if (excessMs > 0) throw new KafkaError(ErrorCode.THROTTLING_QUOTA_EXCEEDED);
    this.#meter.take(partitionCount, nowMs);
  }

  /** How long the client is to be held back from now on, in whole ms; to be asked for once, for the answer. */
  throttleMs(): number {
    const throttleMs = Math.max(0, Math.round(this.#untilMs - this.#clock.monotonicMs()));
    if (throttleMs > 0) this.#meter.held(throttleMs);
    return throttleMs;
  }
}
