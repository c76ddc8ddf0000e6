/** Whether who sent a request may do what it asks: everything, where the broker has no authorizer. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { CLUSTER_NAME, type Operation, type ResourceType } from '../security/authorizer.ts';
import type { RequestContext } from './types.ts';

/** What a request without the right is answered, by what it is about. */
const DENIED: Readonly<Record<ResourceType, ErrorCode>> = {
  TOPIC: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  GROUP: ErrorCode.GROUP_AUTHORIZATION_FAILED,
  CLUSTER: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  TRANSACTIONAL_ID: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  DELEGATION_TOKEN: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
  USER: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
};

export function allows(
  { services, connection }: RequestContext,
  operation: Operation,
  type: ResourceType,
  name: string,
): boolean {
  const { authorizer } = services;
  if (authorizer === null) return true;
  const requester = { principal: connection.session.principal, host: connection.remoteHost };
  return authorizer.allows(requester, operation, type, name);
}

/** @throws KafkaError the authorization error of the resource's type */
export function requireRight(context: RequestContext, operation: Operation, type: ResourceType, name: string): void {
  if (!allows(context, operation, type, name)) throw new KafkaError(DENIED[type]);
}

/** @throws KafkaError CLUSTER_AUTHORIZATION_FAILED */
export function requireCluster(context: RequestContext, operation: Operation): void {
  requireRight(context, operation, 'CLUSTER', CLUSTER_NAME);
}
