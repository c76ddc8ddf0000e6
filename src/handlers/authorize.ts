/** Whether who sent a request may do what it asks: everything, where the broker has no authorizer. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { CLUSTER_NAME, type Operation, type Requester, type ResourceType } from '../security/authorizer.ts';
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

function requesterOf({ connection }: RequestContext): Requester {
  return { principal: connection.session.principal, host: connection.remoteHost };
}

/** Whether it is allowed, without a word in the log: for what is left out of an answer, or asked for in another way. */
export function may(context: RequestContext, operation: Operation, type: ResourceType, name: string): boolean {
  const { authorizer } = context.services;
  return authorizer === null || authorizer.allows(requesterOf(context), operation, type, name);
}

/** Whether it is allowed; a refusal is logged and counted. */
export function allows(context: RequestContext, operation: Operation, type: ResourceType, name: string): boolean {
  if (may(context, operation, type, name)) return true;
  context.services.denials.note(requesterOf(context), operation, type, name);
  return false;
}

/** Whether it is allowed to do this to the cluster; a refusal is logged. */
export function allowsCluster(context: RequestContext, operation: Operation): boolean {
  return allows(context, operation, 'CLUSTER', CLUSTER_NAME);
}

/** Whether the operation is allowed for some resource of the type. */
export function allowsAny(context: RequestContext, operation: Operation, type: ResourceType): boolean {
  const { authorizer } = context.services;
  return authorizer === null || authorizer.allowsAny(requesterOf(context), operation, type);
}

/** The error of a request without a right. */
export function denied(type: ResourceType): KafkaError {
  return new KafkaError(DENIED[type]);
}

/** @throws KafkaError the authorization error of the resource's type */
export function requireRight(context: RequestContext, operation: Operation, type: ResourceType, name: string): void {
  if (!allows(context, operation, type, name)) throw denied(type);
}

/** @throws KafkaError CLUSTER_AUTHORIZATION_FAILED */
export function requireCluster(context: RequestContext, operation: Operation): void {
  requireRight(context, operation, 'CLUSTER', CLUSTER_NAME);
}

/** @throws KafkaError GROUP_AUTHORIZATION_FAILED */
export function requireGroup(context: RequestContext, operation: Operation, groupId: string): void {
  requireRight(context, operation, 'GROUP', groupId);
}

/** @throws KafkaError TRANSACTIONAL_ID_AUTHORIZATION_FAILED */
export function requireTransactionalId(context: RequestContext, operation: Operation, transactionalId: string): void {
  requireRight(context, operation, 'TRANSACTIONAL_ID', transactionalId);
}

/** @throws KafkaError TOPIC_AUTHORIZATION_FAILED for any of the topics */
export function requireTopics(context: RequestContext, operation: Operation, names: Iterable<string>): void {
  if (context.services.authorizer === null) return;
  for (const name of names) requireRight(context, operation, 'TOPIC', name);
}

/** Whether the client may know of all the topics. */
export function maySeeAll(context: RequestContext, names: Iterable<string>): boolean {
  if (context.services.authorizer === null) return true;
  return [...new Set(names)].every((name) => may(context, 'DESCRIBE', 'TOPIC', name));
}

/** What is answered for a group whose members have to do with a topic that the client may not know of. */
export const UNSEEN_TOPICS = {
  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  errorMessage: 'The group has described topic(s) that the client is not authorized to describe.',
} as const;
