/**
 * What handlers work with, made of metadata and engine: partitions, coordinators, and what else lives as long as the
 * broker. A new coordinator is made in `openServices`, and begins to load in `startServices`.
 */
import type { Clock } from '../base/clock.ts';
import type { ClosingStack } from '../base/closing-stack.ts';
import { Deadlines } from '../base/deadlines.ts';
import { Lazy } from '../base/lazy.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { GroupCoordinator } from '../coordinator/group/coordinator.ts';
import { TransactionCoordinator } from '../coordinator/transaction/coordinator.ts';
import { LocalMarkers } from '../coordinator/transaction/local-markers.ts';
import { FetchSessions } from '../handlers/fetch/sessions.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { MetadataStore } from '../metadata/types.ts';
import { StreamPartitionManager } from '../partition/manager.ts';
import { noQuotas } from '../security/quotas/quotas.ts';
import { Denials } from '../security/denials.ts';
import { hasReaders } from '../telemetry/readers.ts';
import type { LogEngine } from '../storage/types.ts';
import { openShare } from './share.ts';

/** Kafka's min.incremental.fetch.session.eviction.ms, which is not configurable there either. */
const MIN_EVICTION_MS = 120_000;

/** What services stand on. */
export interface ServiceBase
  extends Pick<BrokerServices, 'endpointFor' | 'controllerListeners' | 'logDir' | 'diskSpace'>,
    Partial<Pick<BrokerServices, 'authorizer' | 'acls' | 'quotas' | 'tokens' | 'tls'>> {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** For what clients cause. */
  readonly clientLogger: Logger;
  readonly metadata: MetadataStore;
  readonly engine: LogEngine;
}

/** Opens the services; `stack` closes them, those that were opened last first. */
export function openServices(base: ServiceBase, stack: ClosingStack): BrokerServices {
  const { config, clock, random } = base;
  const partitions = stack.adopt(new StreamPartitionManager(base), (manager) => manager.close());
  const coordinatorOptions = { ...base, partitions, logger: base.clientLogger };
  const groups = stack.adopt(new GroupCoordinator(coordinatorOptions), (coordinator) => coordinator.close());
  const { features } = base.metadata;
  const markers = stack.adopt(new LocalMarkers({ ...coordinatorOptions, offsets: groups }), (opened) => opened.close());
  const transactions = stack.adopt(
    new TransactionCoordinator({
      ...coordinatorOptions,
      markers,
      transactionVersion: () => features.level('transaction.version'),
    }),
    (coordinator) => coordinator.close(),
  );
  return {
    ...coordinatorOptions,
    authorizer: base.authorizer ?? null,
    acls: base.acls ?? null,
    denials: new Denials(config.string('walka.audit.denials') === 'all' ? base.logger : base.clientLogger),
    tls: base.tls ?? null,
    quotas: base.quotas ?? noQuotas(),
    tokens: base.tokens ?? null,
    features,
    groups,
    ...openShare(coordinatorOptions, stack),
    markers,
    transactions,
    fetchSessions: new FetchSessions(clock, random, {
      slots: config.int('max.incremental.fetch.session.cache.slots'),
      evictionMs: MIN_EVICTION_MS,
    }),
    clientTelemetry: new Lazy(async () => {
      const { ClientTelemetry } = await import('../telemetry/client-telemetry.ts');
      return new ClientTelemetry({ ...coordinatorOptions, isKept: hasReaders(config) });
    }),
    commitDeadlines: stack.adopt(new Deadlines(clock), (deadlines) => deadlines.close()),
  };
}

/** Lets the coordinators load what they know. */
export function startServices({ groups, transactions, shareStates }: BrokerServices): void {
  groups.start();
  transactions.start();
  shareStates.start();
}
