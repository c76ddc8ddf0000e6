/** ListTransactions (KIP-664): the transactional ids that pass the filters. */
import type { Input } from '../../../protocol/input.ts';
import type { TransactionState } from '../../../protocol/generated/list-transactions-response.ts';
import type { TransactionEnvironment } from './environment.ts';
import type { TransactionMetadata } from './metadata.ts';
import { STORED_STATES } from './records.ts';

/** Names that a filter may have: those of the states, and two that Kafka knows and nobody ever sees. */
const KNOWN_STATES: ReadonlySet<string> = new Set([...STORED_STATES, 'Dead', 'PrepareEpochFence']);

export interface TransactionFilter {
  /** Names of states; empty: all. */
  readonly states: ReadonlySet<string>;
  /** Empty: all. */
  readonly producerIds: ReadonlySet<bigint>;
  /** Only what began longer ago than this, in ms; negative: all. */
  readonly durationMs: number;
}

/** The names in a filter that are no states. They match nothing. */
export function unknownStates(names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !KNOWN_STATES.has(name));
}

export function listTransactions(env: TransactionEnvironment, filter: TransactionFilter): Input<TransactionState>[] {
  const nowMs = env.clock.now();
  return [...env.transactions.values()]
    .filter((metadata) => passes(metadata, filter, nowMs))
    .map(({ transactionalId, producerId, state }) => ({ transactionalId, producerId, transactionState: state }));
}

/** An id without any transaction counts as one with a very old one, as in Kafka. */
function passes(metadata: TransactionMetadata, filter: TransactionFilter, nowMs: number): boolean {
  const { states, producerIds, durationMs } = filter;
  if (producerIds.size > 0 && !producerIds.has(metadata.producerId)) return false;
  if (states.size > 0 && !states.has(metadata.state)) return false;
  return durationMs < 0 || nowMs - metadata.startTimestampMs > durationMs;
}
