/** What is exported about quotas: how much of each is used, and how often and for how long clients were held back. */
import type { Figure } from '../../metrics/figures.ts';
import type { SeriesBound } from '../../metrics/series.ts';
import type { MutationMeter, RateMeter } from './meter.ts';
import type { Quotas } from './quotas.ts';

type Meter = RateMeter | MutationMeter;

/** @param bound there is a series for each user and client id that quotas are measured for */
export function quotaFigures(quotas: Quotas, bound: SeriesBound): Figure[] {
  const byMeter = (name: string, type: Figure['type'], help: string, value: (meter: Meter) => number): Figure =>
    bound.figure({ name, help, type }, function* () {
      for (const meter of quotas.clients?.meters() ?? []) {
        const labels = { quota: meter.key, user: meter.user ?? '', client_id: meter.clientId ?? '' };
        yield { count: 1, values: () => [{ labels, value: value(meter) }] };
      }
    });
  return [
    byMeter(
      'walka_quota_limit',
      'gauge',
      'The quota of a user or client: bytes a second, percent of the event loop, or changed partitions a second.',
      ({ limit }) => limit,
    ),
    byMeter(
      'walka_quota_throttled_requests_total',
      'counter',
      'Requests after which a client was held back.',
      ({ throttled }) => throttled,
    ),
    byMeter(
      'walka_quota_throttle_seconds_total',
      'counter',
      'Time for which clients were held back.',
      ({ throttledMs }) => throttledMs / 1000,
    ),
  ];
}
