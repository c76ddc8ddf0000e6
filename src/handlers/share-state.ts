/** What the five APIs of the share coordinator have in common: each asks for partitions, and is answered for each. */
import type { ShareShard } from '../coordinator/share/shard.ts';
import type { ShareResult } from '../coordinator/share/operations.ts';
import type { SharePartitionKey } from '../coordinator/share/records.ts';
import { requireCluster } from './authorize.ts';
import { codeFields, type ErrorFields, errorFields, NO_ERROR } from './api-error.ts';
import type { RequestContext } from './types.ts';

interface StateRequest<P> {
  readonly groupId: string;
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly P[] }[];
}

type PartitionAnswer<A> = ErrorFields & { readonly partition: number } & Partial<A>;

interface TopicAnswer<A> {
  topicId: string;
  partitions: PartitionAnswer<A>[];
}

/** Runs an operation for each partition of a request; a request without a group asks for nothing, as in Kafka. */
export async function forEachState<P extends { readonly partition: number }, A extends object | void>(
  context: RequestContext,
  { groupId, topics }: StateRequest<P>,
  operation: (shard: ShareShard, key: SharePartitionKey, wanted: P) => ShareResult<A>,
): Promise<{ results: TopicAnswer<A>[] }> {
  const { services } = context;
  if (groupId === '') return { results: [] };
  const answerFor = async (topicId: string, wanted: P): Promise<PartitionAnswer<A>> => {
    const { partition } = wanted;
    const key = { groupId, topicId, partition };
    try {
      requireCluster(context, 'CLUSTER_ACTION');
      const found = await services.shareStates.run(key, (shard) => operation(shard, key, wanted));
      return { partition, ...NO_ERROR, ...(found as Partial<A>) };
    } catch (error) {
      const { errorCode, errorMessage } = errorFields(error, services);
      const message = errorMessage ?? codeFields(errorCode).errorMessage;
      return { partition, errorCode, errorMessage: message, ...({} as Partial<A>) };
    }
  };
  const results = topics.map(async ({ topicId, partitions }) => ({
    topicId,
    partitions: await Promise.all(partitions.map((wanted) => answerFor(topicId, wanted))),
  }));
  return { results: await Promise.all(results) };
}
