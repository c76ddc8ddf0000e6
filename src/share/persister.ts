/** Where the states of share partitions are kept: the share coordinator, as share partitions see it. */
import { ErrorCode, errorText, KafkaError } from '../../protocol/errors.ts';
import type { StateUpdate, StoredState } from './types.ts';

export interface SharePartitionKey {
  readonly groupId: string;
  readonly topicId: string;
  readonly partition: number;
}

export interface SharePersister {
  /** Reads the state for the leader of an epoch, and fences those before. @throws KafkaError (as a rejection) */
  read(key: SharePartitionKey, leaderEpoch: number): Promise<StoredState>;
  /** Calls for one share partition take effect in their order. @throws KafkaError (as a rejection) */
  write(key: SharePartitionKey, leaderEpoch: number, update: StateUpdate): Promise<void>;
}

const NOT_REACHED: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
]);

const FENCED: ReadonlySet<number> = new Set([ErrorCode.FENCED_LEADER_EPOCH, ErrorCode.FENCED_STATE_EPOCH]);

const SHOWN: ReadonlySet<number> = new Set([ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);

/** Errors after which a share partition is not served any more: whoever asks next begins anew. */
const FATAL: ReadonlySet<number> = new Set([ErrorCode.NOT_LEADER_OR_FOLLOWER, ...SHOWN]);

/** An error of the share coordinator as a member of the group sees it. */
export function shownError(error: unknown): unknown {
  if (!(error instanceof KafkaError)) return error;
  const { code, message } = error;
  if (NOT_REACHED.has(code)) return new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, message, { cause: error });
  if (FENCED.has(code)) return new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, message, { cause: error });
  if (SHOWN.has(code)) return error;
  return new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, message || errorText(code), { cause: error });
}

export function isFatal(error: unknown): boolean {
  return error instanceof KafkaError && FATAL.has(error.code);
}
