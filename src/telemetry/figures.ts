/** What became of pushes of client metrics, for those who read metrics. */
import { counter, type Figure, gauge } from '../metrics/figures.ts';
import type { ClientTelemetry } from './client-telemetry.ts';

/** Why a pushed point is not kept. */
const DROP_REASONS = ['not-wanted', 'kind', 'series', 'name', 'labels'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** @param telemetry null before a client asks what to push */
export function telemetryFigures(telemetry: () => ClientTelemetry | null): Figure[] {
  return [
    gauge('walka_client_instances', 'Clients that asked which metrics to push.', () => telemetry()?.instanceCount ?? 0),
    counter(
      'walka_client_pushes_total',
      'Pushes of client metrics that were taken.',
      () => telemetry()?.pushed.pushes ?? 0,
    ),
    counter(
      'walka_client_pushes_malformed_total',
      'Pushes of client metrics that could not be read.',
      () => telemetry()?.pushed.malformed ?? 0,
    ),
    {
      name: 'walka_client_points_dropped_total',
      help: 'Points of pushed metrics that are not kept, by reason.',
      type: 'counter',
      collect: () =>
        DROP_REASONS.map((reason) => ({ labels: { reason }, value: telemetry()?.pushed.dropped.get(reason) ?? 0 })),
    },
  ];
}
