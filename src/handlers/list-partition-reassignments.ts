/** ListPartitionReassignments (46), version 0: with one broker none is ever under way, whatever is asked for. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type ListPartitionReassignmentsRequest,
  readListPartitionReassignmentsRequest,
} from '../../protocol/generated/list-partition-reassignments-request.ts';
import {
  type ListPartitionReassignmentsResponse,
  writeListPartitionReassignmentsResponse,
} from '../../protocol/generated/list-partition-reassignments-response.ts';
import type { Input } from '../../protocol/input.ts';
import { allowsCluster, denied } from './authorize.ts';
import { handler } from './types.ts';

export const listPartitionReassignmentsHandler = handler<
  ListPartitionReassignmentsRequest,
  Input<ListPartitionReassignmentsResponse>
>({
  apiKey: ApiKey.ListPartitionReassignments,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readListPartitionReassignmentsRequest,
  writeResponse: writeListPartitionReassignmentsResponse,
  handle(context) {
    if (allowsCluster(context, 'DESCRIBE')) return { errorMessage: null };
    const { code: errorCode, message: errorMessage } = denied('CLUSTER');
    return { errorCode, errorMessage };
  },
});
