/**
 * Whether a request is traced, decided before the SDK is asked: to make a span that nobody records would cost half as much
 * as a small request itself. The outcome is that of the SDK's samplers.
 */
import type { SpanContext } from '@opentelemetry/api';
import type { Random } from '../base/random.ts';
import type { SamplerChoice } from './environment.ts';

/** Random numbers are below this. */
const BITS = 2 ** 31;
const SAMPLED = 1;

export class HeadSampling {
  readonly #choice: SamplerChoice;
  readonly #random: Random;
  readonly #byTraceId: (traceId: string) => boolean;
  /** Requests that begin a trace and are not sampled before the next one that is. */
  #left: number;

  /** @param byTraceId how the SDK's sampler by ratio decides about a trace that somebody else began */
  constructor(choice: SamplerChoice, random: Random, byTraceId: (traceId: string) => boolean) {
    this.#choice = choice;
    this.#random = random;
    this.#byTraceId = byTraceId;
    this.#left = this.#gap();
  }

  wants(parent: SpanContext | undefined): boolean {
    const { isParentBased, root } = this.#choice;
    if (parent !== undefined) {
      if (isParentBased) return (parent.traceFlags & SAMPLED) !== 0;
      if (root === 'ratio') return this.#byTraceId(parent.traceId);
    }
    if (this.#left > 0) {
      this.#left -= 1;
      return false;
    }
    this.#left = this.#gap();
    return root !== 'off';
  }

  /** As many as a draw for each request would pass by, from one draw. */
  #gap(): number {
    const { root, ratio } = this.#choice;
    if (root === 'off' || ratio === 0) return Infinity;
    if (ratio === 1) return 0;
    return Math.floor(Math.log((this.#random.int(BITS - 1) + 1) / BITS) / Math.log(1 - ratio));
  }
}
