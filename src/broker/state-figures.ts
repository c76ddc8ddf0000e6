/** What is exported about the broker as a whole: what it is, whether it is ready, its coordinators and its disk. */
import { version } from '../base/version.ts';
import type { BrokerServices } from '../handlers/types.ts';
import { type Figure, gauge } from '../metrics/figures.ts';
import type { Health } from '../http/health.ts';
import { coordinatorStatuses } from './health.ts';

/** The disk as of the last look. */
export type DiskSpace = Awaited<ReturnType<BrokerServices['diskSpace']>>;

export function stateFigures(services: BrokerServices, health: Health, space: () => DiskSpace): Figure[] {
  const { metadata } = services;
  return [
    {
      name: 'walka_broker_info',
      help: 'The cluster and the node that this is.',
      type: 'gauge',
      collect: () => [{ labels: { cluster_id: metadata.clusterId, node_id: metadata.nodeId }, value: 1 }],
    },
    {
      name: 'walka_build_info',
      help: 'The version of Walka that runs.',
      type: 'gauge',
      collect: () => [{ labels: { version }, value: 1 }],
    },
    gauge('walka_ready', '1 while every request is served, as /readyz says.', () =>
      health.unreadyReasons().length === 0 ? 1 : 0,
    ),
    {
      name: 'walka_unready_reasons',
      help: '1 for each reason for which the broker is not ready, as /readyz says.',
      type: 'gauge',
      collect: () =>
        [...new Set(health.unreadyReasons().map(({ reason }) => reason))].map((reason) => ({
          labels: { reason },
          value: 1,
        })),
    },
    {
      name: 'walka_coordinator_partitions',
      help: 'Partitions of internal topics by how their coordinator stands.',
      type: 'gauge',
      collect: () =>
        [...coordinatorStatuses(services)].flatMap(([topic, statuses]) =>
          [...Map.groupBy(statuses, (status) => status)].map(([status, { length }]) => ({
            labels: { topic, status },
            value: length,
          })),
        ),
    },
    {
      name: 'walka_tls_certificate_expiry_seconds',
      help: 'Seconds until the first certificate of a listener with TLS ends; below 0: it has ended.',
      type: 'gauge',
      collect: () =>
        (services.tls?.expiries() ?? []).map(({ listener, expiresMs }) => ({
          labels: { listener },
          value: Math.floor((expiresMs - services.clock.now()) / 1000),
        })),
    },
    gauge('walka_disk_total_bytes', 'Size of the disk under the data directory.', () => space().totalBytes),
    gauge('walka_disk_usable_bytes', 'Bytes of it that can be written.', () => space().usableBytes),
  ];
}
