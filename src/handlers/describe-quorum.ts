/**
 * DescribeQuorum (55), versions 0 to 2 (KIP-595, KIP-853): the quorum of the cluster's metadata, which is this node alone.
 *
 * - Its leader epoch is the number of starts of the data directory; offsets are of changes to the metadata.
 * - As in Kafka, only a request for `__cluster_metadata-0` and nothing else is answered; of any other, each partition is
 *   UNKNOWN_TOPIC_OR_PARTITION.
 * - v1 adds when the voter was last heard of, which is now; v2 texts, and the node with its controller's listeners. Unlike
 *   Kafka, which has one, a node without names the listener that was asked.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type DescribeQuorumRequest,
  readDescribeQuorumRequest,
} from '../../protocol/generated/describe-quorum-request.ts';
import {
  type DescribeQuorumResponse,
  writeDescribeQuorumResponse,
} from '../../protocol/generated/describe-quorum-response.ts';
import type { Input } from '../../protocol/input.ts';
import { codeFields } from './api-error.ts';
import { allowsCluster } from './authorize.ts';
import { type BrokerServices, type ConnectionInfo, handler, type RequestContext } from './types.ts';

type Response = Input<DescribeQuorumResponse>;

const METADATA_TOPIC = '__cluster_metadata';
/** First version that tells of them. */
const NODES_FROM = 2;

export const describeQuorumHandler = handler<DescribeQuorumRequest, Response>({
  apiKey: ApiKey.DescribeQuorum,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readDescribeQuorumRequest,
  writeResponse: writeDescribeQuorumResponse,
  handle(context, request) {
    if (!allowsCluster(context, 'DESCRIBE')) return codeFields(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    return asksForMetadata(request) ? describe(context) : refuse(request);
  },
});

function asksForMetadata({ topics }: DescribeQuorumRequest): boolean {
  const [topic] = topics;
  if (topics.length !== 1 || topic?.topicName !== METADATA_TOPIC) return false;
  return topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0;
}

function refuse({ topics }: DescribeQuorumRequest): Response {
  const fields = codeFields(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const answers = topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...fields })),
  }));
  return { errorMessage: '', topics: answers };
}

function describe({ services, connection, apiVersion }: RequestContext): Response {
  const { metadata, clock } = services;
  const { nodeId } = metadata;
  const { starts, offset } = metadata.version;
  const now = clock.now();
  const voter = { replicaId: nodeId, logEndOffset: offset, lastFetchTimestamp: now, lastCaughtUpTimestamp: now };
  const partition = { partitionIndex: 0, leaderId: nodeId, leaderEpoch: starts, highWatermark: offset };
  const partitions = [{ ...partition, errorMessage: '', currentVoters: [voter] }];
  return {
    errorMessage: '',
    topics: [{ topicName: METADATA_TOPIC, partitions }],
    nodes: apiVersion < NODES_FROM ? [] : [{ nodeId, listeners: listenersOf(services, connection) }],
  };
}

function listenersOf(
  services: BrokerServices,
  connection: ConnectionInfo,
): { readonly name: string; readonly host: string; readonly port: number }[] {
  const open = services.controllerListeners();
  const names = open.length === 0 ? [connection.listenerName] : open;
  return names.map((name) => {
    const { host, port } = services.endpointFor(connection, name);
    return { name, host, port };
  });
}
