/** Who may do what to which resource, in the words of Kafka's AclOperation and ResourceType. */
import type { Principal } from './principal.ts';

export type ResourceType = 'TOPIC' | 'GROUP' | 'CLUSTER' | 'TRANSACTIONAL_ID' | 'DELEGATION_TOKEN' | 'USER';

export type Operation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'CLUSTER_ACTION'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE'
  | 'CREATE_TOKENS'
  | 'DESCRIBE_TOKENS'
  | 'TWO_PHASE_COMMIT';

/** The only resource of type CLUSTER. */
export const CLUSTER_NAME = 'kafka-cluster';

/** Whoever asks for something. */
export interface Requester {
  readonly principal: Principal;
  /** Address of the client. */
  readonly host: string;
}

export interface Authorizer {
  allows(requester: Requester, operation: Operation, type: ResourceType, name: string): boolean;
  /** Whether it is allowed for some resource of the type, whichever that is. */
  allowsAny(requester: Requester, operation: Operation, type: ResourceType): boolean;
}
