/**
 * DescribeCluster (60), versions 0 to 2: the cluster's id and its one node, as a broker or as the controller.
 *
 * - v1 says whether brokers or controllers are wanted (KIP-919), and listeners of the other kind refuse it; v0 wants
 *   brokers, and does not know the error for that.
 * - As in Kafka, everybody may ask a broker, and a controller whoever has ALTER on the cluster.
 * - v2 may ask for fenced brokers too (KIP-1073); there are none.
 */
import { ApiKey, type ApiListener } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type DescribeClusterRequest,
  readDescribeClusterRequest,
} from '../../protocol/generated/describe-cluster-request.ts';
import {
  type DescribeClusterResponse,
  writeDescribeClusterResponse,
} from '../../protocol/generated/describe-cluster-response.ts';
import type { Input } from '../../protocol/input.ts';
import { codeFields } from './api-error.ts';
import { allowsCluster } from './authorize.ts';
import { clusterOperations } from './authorized-operations.ts';
import { handler, type RequestContext } from './types.ts';

/** Codes of the wire. */
const ENDPOINT_TYPES: ReadonlyMap<number, ApiListener> = new Map([
  [1, 'broker'],
  [2, 'controller'],
]);

export const describeClusterHandler = handler<DescribeClusterRequest, Input<DescribeClusterResponse>>({
  apiKey: ApiKey.DescribeCluster,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readDescribeClusterRequest,
  writeResponse: writeDescribeClusterResponse,
  handle(context, request) {
    const { services, connection } = context;
    if (connection.endpointType === 'controller' && !allowsCluster(context, 'ALTER')) {
      return codeFields(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    }
    const wanted = ENDPOINT_TYPES.get(request.endpointType);
    if (wanted !== connection.endpointType) return refuse(context, request.endpointType, wanted);
    const { nodeId, host, port, rack } = services.endpointFor(connection);
    return {
      endpointType: request.endpointType,
      clusterId: services.metadata.clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, host, port, rack: wanted === 'broker' ? rack : null }],
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations(context) : undefined,
    };
  },
});

function refuse(
  { connection, apiVersion }: RequestContext,
  code: number,
  wanted: ApiListener | undefined,
): Input<DescribeClusterResponse> {
  if (wanted === undefined) {
    return { errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, errorMessage: `Unsupported endpoint type ${code}` };
  }
  const [here, there] = [connection.endpointType, wanted].map((type) => type.toUpperCase());
  const errorMessage = `The request was sent to an endpoint of type ${here}, but we wanted an endpoint of type ${there}`;
  return { errorCode: apiVersion === 0 ? ErrorCode.INVALID_REQUEST : ErrorCode.MISMATCHED_ENDPOINT_TYPE, errorMessage };
}
