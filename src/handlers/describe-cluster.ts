/**
 * DescribeCluster (60), versions 0 to 2: the cluster's id and its one broker.
 *
 * - v1 says whether brokers or controllers are wanted (KIP-919); only brokers are to be had here.
 * - v2 may ask for fenced brokers too (KIP-1073); there are none.
 */
import { ApiKey } from '../../protocol/apis.ts';
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
import { clusterOperations } from './authorized-operations.ts';
import { handler } from './types.ts';

const EndpointType = { BROKERS: 1, CONTROLLERS: 2 } as const;

export const describeClusterHandler = handler<DescribeClusterRequest, Input<DescribeClusterResponse>>({
  apiKey: ApiKey.DescribeCluster,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readDescribeClusterRequest,
  writeResponse: writeDescribeClusterResponse,
  handle(context, request) {
    const { services, connection } = context;
    if (request.endpointType === EndpointType.CONTROLLERS) {
      const errorMessage =
        'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER';
      return { errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE, errorMessage };
    }
    if (request.endpointType !== EndpointType.BROKERS) {
      const errorMessage = `Unsupported endpoint type ${request.endpointType}`;
      return { errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, errorMessage };
    }
    const { nodeId, host, port, rack } = services.endpointFor(connection);
    return {
      endpointType: EndpointType.BROKERS,
      clusterId: services.metadata.clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, host, port, rack }],
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations(context) : undefined,
    };
  },
});
