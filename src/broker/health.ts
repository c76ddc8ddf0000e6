/** How a broker is, as its health endpoints and metrics tell it. */
import type { ShardStatus } from '../coordinator/shard-runner.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { Health, UnreadyReason } from '../http/health.ts';
import type { Engine } from '../storage/open-engine.ts';
import type { StorageErrorCode } from '../storage/types.ts';

const REASONS: Partial<Record<StorageErrorCode, string>> = {
  DISK_FULL: 'disk-full',
  MEMORY_FULL: 'memory-full',
  CLOSED: 'stopping',
};

type Coordinators = Pick<BrokerServices, 'groups' | 'transactions' | 'shareStates'>;

/** Every state machine of a coordinator, by the internal topic it lives in. */
export function coordinatorStatuses({
  groups,
  transactions,
  shareStates,
}: Coordinators): Map<string, readonly ShardStatus[]> {
  return new Map([
    ['__consumer_offsets', groups.statuses()],
    ['__transaction_state', transactions.runners().map(({ status }) => status)],
    ['__share_group_state', shareStates.statuses()],
  ]);
}

export function brokerHealth(services: Coordinators, engine: Pick<Engine, 'refusal'>): Health {
  const failure = (): string | null => (engine.refusal?.code === 'POISONED' ? engine.refusal.message : null);
  return {
    failure,
    illness: () => engine.refusal?.message ?? null,
    unreadyReasons: () => [...storageReasons(engine), ...coordinatorReasons(services)],
  };
}

function storageReasons({ refusal }: Pick<Engine, 'refusal'>): UnreadyReason[] {
  if (refusal === null) return [];
  return [{ reason: REASONS[refusal.code] ?? 'journal-failed', message: refusal.message }];
}

function coordinatorReasons(services: Coordinators): UnreadyReason[] {
  const reasons: UnreadyReason[] = [];
  for (const [topic, statuses] of coordinatorStatuses(services)) {
    const count = (wanted: ShardStatus): number => statuses.filter((status) => status === wanted).length;
    const [loading, failed] = [count('loading'), count('failed')];
    if (loading > 0) {
      const message = `${loading} of ${statuses.length} partitions of ${topic} are being read.`;
      reasons.push({ reason: 'coordinator-loading', message });
    }
    if (failed > 0) {
      const message = `${failed} of ${statuses.length} partitions of ${topic} cannot be read; the log says why.`;
      reasons.push({ reason: 'coordinator-failed', message });
    }
  }
  return reasons;
}
