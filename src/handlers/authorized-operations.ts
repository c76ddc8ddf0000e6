/** Bit sets of ACL operations (KIP-430): bit n is operation code n. Without an authorizer everything is allowed. */
import { CLUSTER_NAME, type Operation, type ResourceType } from '../security/authorizer.ts';
import { may } from './authorize.ts';
import type { RequestContext } from './types.ts';

type Bits = ReadonlyArray<readonly [operation: Operation, bit: number]>;

const TOPIC: Bits = [
  ['READ', 3],
  ['WRITE', 4],
  ['CREATE', 5],
  ['DELETE', 6],
  ['ALTER', 7],
  ['DESCRIBE', 8],
  ['DESCRIBE_CONFIGS', 10],
  ['ALTER_CONFIGS', 11],
];

const CLUSTER: Bits = [
  ['CREATE', 5],
  ['ALTER', 7],
  ['DESCRIBE', 8],
  ['CLUSTER_ACTION', 9],
  ['DESCRIBE_CONFIGS', 10],
  ['ALTER_CONFIGS', 11],
  ['IDEMPOTENT_WRITE', 12],
];

const GROUP: Bits = [
  ['READ', 3],
  ['DELETE', 6],
  ['DESCRIBE', 8],
  ['DESCRIBE_CONFIGS', 10],
  ['ALTER_CONFIGS', 11],
];

function bitsOf(context: RequestContext, bits: Bits, type: ResourceType, name: string): number {
  let set = 0;
  for (const [operation, bit] of bits) if (may(context, operation, type, name)) set |= 1 << bit;
  return set;
}

/** What the client may do with a topic, whether it is there or not. */
export function topicOperations(context: RequestContext, name: string): number {
  return bitsOf(context, TOPIC, 'TOPIC', name);
}

export function clusterOperations(context: RequestContext): number {
  return bitsOf(context, CLUSTER, 'CLUSTER', CLUSTER_NAME);
}

export function groupOperations(context: RequestContext, groupId: string): number {
  return bitsOf(context, GROUP, 'GROUP', groupId);
}
