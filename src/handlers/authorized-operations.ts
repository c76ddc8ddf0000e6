/** Bit sets of ACL operations (KIP-430): bit n is operation code n. Without an authorizer everything is allowed. */
import { ErrorCode } from '../../protocol/errors.ts';
import { OPERATIONS } from '../security/acls/acl.ts';
import { CLUSTER_NAME, type Operation, type ResourceType } from '../security/authorizer.ts';
import { may } from './authorize.ts';
import type { RequestContext } from './types.ts';

const TOPIC: readonly Operation[] = [
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
];

const CLUSTER: readonly Operation[] = [
  'CREATE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
];

const GROUP: readonly Operation[] = ['READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'];

function bitsOf(context: RequestContext, operations: readonly Operation[], type: ResourceType, name: string): number {
  let set = 0;
  for (const operation of operations) {
    if (may(context, operation, type, name)) set |= 1 << OPERATIONS.codeOf(operation);
  }
  return set;
}

/** What the client may do with a topic, whether it is there or not. */
export function topicOperations(context: RequestContext, name: string): number {
  return bitsOf(context, TOPIC, 'TOPIC', name);
}

/** What the client may do with the cluster; nothing is told of it to who may not describe it. */
export function clusterOperations(context: RequestContext): number {
  if (!may(context, 'DESCRIBE', 'CLUSTER', CLUSTER_NAME)) return 0;
  return bitsOf(context, CLUSTER, 'CLUSTER', CLUSTER_NAME);
}

export function groupOperations(context: RequestContext, groupId: string): number {
  return bitsOf(context, GROUP, 'GROUP', groupId);
}

/** Groups as they are described, each that is there with what the client may do with it. */
export function withGroupOperations<
  G extends { readonly groupId?: string | undefined; readonly errorCode?: number | undefined },
>(context: RequestContext, groups: readonly G[]): (G & { readonly authorizedOperations?: number })[] {
  return groups.map((group) =>
    group.errorCode === ErrorCode.NONE
      ? { ...group, authorizedOperations: groupOperations(context, group.groupId ?? '') }
      : group,
  );
}
