/** Quotas of users and clients as they are enforced: who shares which limit, and what he has used of it. */
import type { Clock } from '../../base/clock.ts';
import type { Principal } from '../principal.ts';
import { MutationMeter, RateMeter } from './meter.ts';
import { Meters } from './meters.ts';
import { MutationQuota } from './mutation-quota.ts';
import type { ClientQuotaKey } from './quota-keys.ts';
import type { QuotaTable } from './quota-table.ts';
import type { Windows } from './sampled-rate.ts';

/** What a millisecond is of a second of the event loop, in percent. */
const PERCENT_PER_MS = 100 / 1000;

/** The connection of a client, which keeps what was found for it. */
export interface QuotaClient {
  readonly session: { readonly principal: Principal };
  quotas: AppliedQuotas | null;
}

/** What counts for a client, as long as nothing changes. */
export interface AppliedQuotas {
  readonly generation: number;
  readonly principal: Principal;
  readonly clientId: string | null;
  readonly produced: RateMeter | null;
  readonly consumed: RateMeter | null;
  readonly busy: RateMeter | null;
  readonly mutations: MutationMeter | null;
}

export interface ClientQuotasOptions {
  readonly table: QuotaTable;
  readonly clock: Clock;
  /** quota.window.num and quota.window.size.seconds. */
  readonly windows: Windows;
  /** The same of controller.quota. */
  readonly mutationWindows: Windows;
}

export class ClientQuotas {
  readonly #options: ClientQuotasOptions;
  /** Grows when what was found may not count any more. */
  #generation = 0;
  readonly #rates = new Meters<RateMeter>(() => this.changed());
  readonly #mutations = new Meters<MutationMeter>(() => this.changed());

  constructor(options: ClientQuotasOptions) {
    this.#options = options;
  }

  /** The table has changed. */
  changed(): void {
    this.#generation += 1;
  }

  /** Nobody has used anything so far. */
  forget(): void {
    this.#rates.forgetAll();
    this.#mutations.forgetAll();
  }

  /** What counts for a request of this client. */
  of(client: QuotaClient, clientId: string | null): AppliedQuotas {
    const { quotas } = client;
    const { principal } = client.session;
    const isCurrent =
      quotas !== null &&
      quotas.generation === this.#generation &&
      quotas.clientId === clientId &&
      quotas.principal === principal;
    return isCurrent ? quotas : (client.quotas = this.#apply(principal, clientId));
  }

  /** Counts time that the event loop spent on a client's request, and says for how long to hold it back, in ms. */
  busy(client: QuotaClient, clientId: string | null, busyMs: number): number {
    const { busy } = this.of(client, clientId);
    return busy === null ? 0 : busy.record(busyMs * PERCENT_PER_MS, this.#options.clock.monotonicMs());
  }

  /** Counts time for which nobody is held back now: the answer is on its way. */
  wasBusy(client: QuotaClient, clientId: string | null, busyMs: number): void {
    this.of(client, clientId).busy?.note(busyMs * PERCENT_PER_MS, this.#options.clock.monotonicMs());
  }

  /** Counts a produce request of so many bytes, and says for how long to hold its client back, in ms. */
  produced(client: QuotaClient, clientId: string | null, byteLength: number): number {
    const { produced } = this.of(client, clientId);
    return produced === null ? 0 : produced.record(byteLength, this.#options.clock.monotonicMs());
  }

  /** The most that a fetch may bring at once, in bytes. */
  fetchBound(client: QuotaClient, clientId: string | null): number {
    return this.of(client, clientId).consumed?.burst ?? Infinity;
  }

  /** As `produced`, for an answer with records that goes out in any case. */
  consumed(client: QuotaClient, clientId: string | null, byteLength: () => number): number {
    const { consumed } = this.of(client, clientId);
    return consumed === null ? 0 : consumed.record(byteLength(), this.#options.clock.monotonicMs());
  }

  /**
   * As `consumed`, for an answer that does not go out when its client has to be held back: then it is not counted. One
   * that is larger than all windows allow goes out to who is within his limit, as it never could otherwise.
   */
  wouldConsume(client: QuotaClient, clientId: string | null, byteLength: () => number): number {
    const { consumed } = this.of(client, clientId);
    if (consumed === null) return 0;
    const nowMs = this.#options.clock.monotonicMs();
    const size = byteLength();
    const isOversized = size > consumed.burst && consumed.isWithin(nowMs);
    const throttleMs = isOversized ? 0 : consumed.record(size, nowMs);
    if (isOversized || throttleMs > 0) consumed.note(isOversized ? size : -size, nowMs);
    return throttleMs;
  }

  /** For a request that changes metadata; null: it may change anything. */
  mutationsOf(client: QuotaClient, clientId: string | null, isStrict: boolean): MutationQuota | null {
    const { mutations } = this.of(client, clientId);
    return mutations === null ? null : new MutationQuota(mutations, this.#options.clock, isStrict);
  }

  /** All that is measured now. */
  *meters(): Generator<RateMeter | MutationMeter> {
    yield* this.#rates.all();
    yield* this.#mutations.all();
  }

  #apply(principal: Principal, clientId: string | null): AppliedQuotas {
    const { table, clock, windows, mutationWindows } = this.#options;
    const nowMs = clock.monotonicMs();
    const found = <M extends RateMeter | MutationMeter>(
      meters: Meters<M>,
      key: ClientQuotaKey,
      make: (limit: NonNullable<ReturnType<QuotaTable['clientLimit']>>) => M,
    ): M | null => {
      const limit = table.clientLimit(key, principal.name, clientId ?? '');
      if (limit === null) return null;
      const meter = meters.get(JSON.stringify([key, limit.user, limit.clientId]), nowMs, () => make(limit));
      meter.limit = limit.limit;
      return meter;
    };
    const rate = (key: ClientQuotaKey, maxThrottleMs = Infinity): RateMeter | null =>
      found(this.#rates, key, (limit) => new RateMeter(key, limit, windows, maxThrottleMs, nowMs));
    const meters = {
      produced: rate('producer_byte_rate'),
      consumed: rate('consumer_byte_rate'),
      busy: rate('request_percentage', windows.ms),
      mutations: found(
        this.#mutations,
        'controller_mutation_rate',
        (limit) => new MutationMeter(limit, mutationWindows, nowMs),
      ),
    };
    // Making one may have let another be forgotten.
    return { generation: this.#generation, principal, clientId, ...meters };
  }
}
