/** What AddRaftVoter and RemoveRaftVoter have in common: a cluster whose voters are fixed, as those of Kafka's are at first. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import { type ErrorFields, outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import type { RequestContext } from './types.ts';

interface VoterChange {
  /** Of the request; null: whichever the cluster has. */
  readonly clusterId: string | null;
  readonly voterId: number;
  readonly voterDirectoryId: string;
}

/**
 * Always an error: the feature kraft.version, which would allow it, is at level 0 and has no other.
 * @param words for messages: `Add` and `adding`
 */
export function refuseVoterChange(
  context: RequestContext,
  { clusterId, voterId, voterDirectoryId }: VoterChange,
  [name, doing]: readonly [name: string, doing: string],
): Promise<ErrorFields> {
  const own = context.services.metadata.clusterId;
  return outcome(() => {
    requireCluster(context, 'ALTER');
    if (clusterId !== null && clusterId !== own) {
      const text = `The given id "${clusterId}" doesn't match the cluster id "${own}"`;
      throw new KafkaError(ErrorCode.INCONSISTENT_CLUSTER_ID, text);
    }
    if (voterId < 0 || voterDirectoryId === ZERO_UUID) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} voter request didn't include a valid voter`);
    }
    const text = `Cluster doesn't support ${doing} voter because the kraft.version feature is 0`;
    throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, text);
  }, context.services);
}
