/**
 * AlterReplicaLogDirs (34), versions 0 to 2 (KIP-113): moves replicas to another directory of the broker, of which there
 * is one. To move them where they are is fine, and does nothing.
 *
 * - Any other directory is LOG_DIR_NOT_FOUND, before partitions are looked for. It is compared as it is written.
 * - A partition that is named for several directories is meant for the last one.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type AlterReplicaLogDirsRequest,
  readAlterReplicaLogDirsRequest,
} from '../../protocol/generated/alter-replica-log-dirs-request.ts';
import {
  type AlterReplicaLogDirsResponse,
  writeAlterReplicaLogDirsResponse,
} from '../../protocol/generated/alter-replica-log-dirs-response.ts';
import type { Input } from '../../protocol/input.ts';
import { allowsCluster } from './authorize.ts';
import { hasPartition, topicOf } from './find-topic.ts';
import { handler, type RequestContext } from './types.ts';

export const alterReplicaLogDirsHandler = handler<AlterReplicaLogDirsRequest, Input<AlterReplicaLogDirsResponse>>({
  apiKey: ApiKey.AlterReplicaLogDirs,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readAlterReplicaLogDirsRequest,
  writeResponse: writeAlterReplicaLogDirsResponse,
  handle(context, request) {
    const isAllowed = allowsCluster(context, 'ALTER');
    const results = [...pathsByTopic(request)].map(([topicName, paths]) => ({
      topicName,
      partitions: [...paths].map(([partitionIndex, path]) => ({
        partitionIndex,
        errorCode: isAllowed ? move(context, topicName, partitionIndex, path) : ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
      })),
    }));
    return { results };
  },
});

/** The directory wanted for each partition. */
function pathsByTopic({ dirs }: AlterReplicaLogDirsRequest): Map<string, Map<number, string>> {
  const topics = new Map<string, Map<number, string>>();
  for (const { path, topics: named } of dirs) {
    for (const { name, partitions } of named) {
      if (partitions.length === 0) continue;
      const paths = topics.get(name) ?? new Map<number, string>();
      topics.set(name, paths);
      for (const index of partitions) paths.set(index, path);
    }
  }
  return topics;
}

function move(context: RequestContext, name: string, index: number, path: string): ErrorCode {
  if (path !== context.services.logDir) return ErrorCode.LOG_DIR_NOT_FOUND;
  return hasPartition(topicOf(context, { name }), index) ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}
