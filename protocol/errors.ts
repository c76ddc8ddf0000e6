/**
 * Kafka's error codes (4.4), their texts, and the errors this project throws.
 *
 * `KafkaError` is for whatever has a Kafka error code; `ProtocolError` is for bytes that are no valid message.
 */

/** Every error code of Kafka, by Kafka's name. */
export const ErrorCode = {
  UNKNOWN_SERVER_ERROR: -1,
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  INVALID_FETCH_SIZE: 4,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  STALE_CONTROLLER_EPOCH: 11,
  OFFSET_METADATA_TOO_LARGE: 12,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  INVALID_REQUIRED_ACKS: 21,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  INVALID_GROUP_ID: 24,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  INVALID_COMMIT_OFFSET_SIZE: 28,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 43,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  INVALID_TRANSACTION_TIMEOUT: 50,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTION_COORDINATOR_FENCED: 52,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  SECURITY_DISABLED: 54,
  OPERATION_NOT_ATTEMPTED: 55,
  KAFKA_STORAGE_ERROR: 56,
  LOG_DIR_NOT_FOUND: 57,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  REASSIGNMENT_IN_PROGRESS: 60,
  DELEGATION_TOKEN_AUTH_DISABLED: 61,
  DELEGATION_TOKEN_NOT_FOUND: 62,
  DELEGATION_TOKEN_OWNER_MISMATCH: 63,
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 64,
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 65,
  DELEGATION_TOKEN_EXPIRED: 66,
  INVALID_PRINCIPAL_TYPE: 67,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  FETCH_SESSION_ID_NOT_FOUND: 70,
  INVALID_FETCH_SESSION_EPOCH: 71,
  LISTENER_NOT_FOUND: 72,
  TOPIC_DELETION_DISABLED: 73,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  STALE_BROKER_EPOCH: 77,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  PREFERRED_LEADER_NOT_AVAILABLE: 80,
  GROUP_MAX_SIZE_REACHED: 81,
  FENCED_INSTANCE_ID: 82,
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 83,
  ELECTION_NOT_NEEDED: 84,
  NO_REASSIGNMENT_IN_PROGRESS: 85,
  GROUP_SUBSCRIBED_TO_TOPIC: 86,
  INVALID_RECORD: 87,
  UNSTABLE_OFFSET_COMMIT: 88,
  THROTTLING_QUOTA_EXCEEDED: 89,
  PRODUCER_FENCED: 90,
  RESOURCE_NOT_FOUND: 91,
  DUPLICATE_RESOURCE: 92,
  UNACCEPTABLE_CREDENTIAL: 93,
  INCONSISTENT_VOTER_SET: 94,
  INVALID_UPDATE_VERSION: 95,
  FEATURE_UPDATE_FAILED: 96,
  PRINCIPAL_DESERIALIZATION_FAILURE: 97,
  SNAPSHOT_NOT_FOUND: 98,
  POSITION_OUT_OF_RANGE: 99,
  UNKNOWN_TOPIC_ID: 100,
  DUPLICATE_BROKER_REGISTRATION: 101,
  BROKER_ID_NOT_REGISTERED: 102,
  INCONSISTENT_TOPIC_ID: 103,
  INCONSISTENT_CLUSTER_ID: 104,
  TRANSACTIONAL_ID_NOT_FOUND: 105,
  FETCH_SESSION_TOPIC_ID_ERROR: 106,
  INELIGIBLE_REPLICA: 107,
  NEW_LEADER_ELECTED: 108,
  OFFSET_MOVED_TO_TIERED_STORAGE: 109,
  FENCED_MEMBER_EPOCH: 110,
  UNRELEASED_INSTANCE_ID: 111,
  UNSUPPORTED_ASSIGNOR: 112,
  STALE_MEMBER_EPOCH: 113,
  MISMATCHED_ENDPOINT_TYPE: 114,
  UNSUPPORTED_ENDPOINT_TYPE: 115,
  UNKNOWN_CONTROLLER_ID: 116,
  UNKNOWN_SUBSCRIPTION_ID: 117,
  TELEMETRY_TOO_LARGE: 118,
  INVALID_REGISTRATION: 119,
  TRANSACTION_ABORTABLE: 120,
  INVALID_RECORD_STATE: 121,
  SHARE_SESSION_NOT_FOUND: 122,
  INVALID_SHARE_SESSION_EPOCH: 123,
  FENCED_STATE_EPOCH: 124,
  INVALID_VOTER_KEY: 125,
  DUPLICATE_VOTER: 126,
  VOTER_NOT_FOUND: 127,
  INVALID_REGULAR_EXPRESSION: 128,
  REBOOTSTRAP_REQUIRED: 129,
  STREAMS_INVALID_TOPOLOGY: 130,
  STREAMS_INVALID_TOPOLOGY_EPOCH: 131,
  STREAMS_TOPOLOGY_FENCED: 132,
  SHARE_SESSION_LIMIT_REACHED: 133,
  GROUP_DELETION_FAILED: 134,
  STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED: 135,
  CONTROLLER_ID_NOT_REGISTERED: 136,
} as const;

/** Number of an error. */
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Kafka's name of an error. */
export type ErrorName = keyof typeof ErrorCode;

const MESSAGES: Readonly<Record<ErrorName, string>> = {
  UNKNOWN_SERVER_ERROR: 'The server met an unexpected error.',
  NONE: 'No error.',
  OFFSET_OUT_OF_RANGE: "The offset lies outside the partition's log.",
  CORRUPT_MESSAGE: 'The records are damaged: a checksum, size or key is not valid.',
  UNKNOWN_TOPIC_OR_PARTITION: 'This server has no such topic or partition.',
  INVALID_FETCH_SIZE: 'The fetch size is not valid.',
  LEADER_NOT_AVAILABLE: 'The partition has no leader at present.',
  NOT_LEADER_OR_FOLLOWER: 'This server does not lead or follow the partition.',
  REQUEST_TIMED_OUT: 'The request took longer than it may.',
  BROKER_NOT_AVAILABLE: 'The broker is not available.',
  REPLICA_NOT_AVAILABLE: 'The replica is not available.',
  MESSAGE_TOO_LARGE: 'A record batch is larger than the topic accepts.',
  STALE_CONTROLLER_EPOCH: 'The controller epoch is out of date.',
  OFFSET_METADATA_TOO_LARGE: 'The metadata of a committed offset is too large.',
  NETWORK_EXCEPTION: 'The server closed the connection before it answered.',
  COORDINATOR_LOAD_IN_PROGRESS: 'The coordinator is still loading its state.',
  COORDINATOR_NOT_AVAILABLE: 'The coordinator is not available.',
  NOT_COORDINATOR: 'This server is not the coordinator asked for.',
  INVALID_TOPIC_EXCEPTION: 'The topic name is not valid, or the topic may not be used this way.',
  RECORD_LIST_TOO_LARGE: 'The record batch is larger than a segment.',
  NOT_ENOUGH_REPLICAS: 'Fewer replicas are in sync than the topic demands.',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'Written, but to fewer in-sync replicas than the topic demands.',
  INVALID_REQUIRED_ACKS: 'acks must be -1, 0 or 1.',
  ILLEGAL_GENERATION: 'The group generation is not the current one.',
  INCONSISTENT_GROUP_PROTOCOL: "The member's protocols do not fit those of the group.",
  INVALID_GROUP_ID: 'The group id is not valid.',
  UNKNOWN_MEMBER_ID: 'The group has no such member.',
  INVALID_SESSION_TIMEOUT: 'The session timeout lies outside the range the server allows.',
  REBALANCE_IN_PROGRESS: 'The group is rebalancing; join it again.',
  INVALID_COMMIT_OFFSET_SIZE: 'The committed offset data is too large.',
  TOPIC_AUTHORIZATION_FAILED: 'Topic authorization failed.',
  GROUP_AUTHORIZATION_FAILED: 'Group authorization failed.',
  CLUSTER_AUTHORIZATION_FAILED: 'Cluster authorization failed.',
  INVALID_TIMESTAMP: "A record's timestamp lies outside the range the topic accepts.",
  UNSUPPORTED_SASL_MECHANISM: 'The server does not offer this SASL mechanism.',
  ILLEGAL_SASL_STATE: 'The request does not fit the state of the SASL exchange.',
  UNSUPPORTED_VERSION: 'The version of the API is not supported.',
  TOPIC_ALREADY_EXISTS: 'The topic exists already.',
  INVALID_PARTITIONS: 'The number of partitions is not valid.',
  INVALID_REPLICATION_FACTOR: 'The replication factor is below 1 or above the number of brokers.',
  INVALID_REPLICA_ASSIGNMENT: 'The replica assignment is not valid.',
  INVALID_CONFIG: 'A configuration is not valid.',
  NOT_CONTROLLER: 'This server is not the controller.',
  INVALID_REQUEST: 'The request contradicts itself or the protocol.',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: "The partition's message format does not support the request.",
  POLICY_VIOLATION: 'The request breaks a policy of the server.',
  OUT_OF_ORDER_SEQUENCE_NUMBER: "The producer's sequence numbers have a gap.",
  DUPLICATE_SEQUENCE_NUMBER: 'The producer has sent this sequence number before.',
  INVALID_PRODUCER_EPOCH: "The producer's epoch is older than the current one.",
  INVALID_TXN_STATE: "The transaction's state does not allow the operation.",
  INVALID_PRODUCER_ID_MAPPING: 'The producer id is not the one that belongs to the transactional id.',
  INVALID_TRANSACTION_TIMEOUT: 'The transaction timeout is larger than the server allows.',
  CONCURRENT_TRANSACTIONS: 'The previous transaction of this producer is still being completed.',
  TRANSACTION_COORDINATOR_FENCED: 'The transaction coordinator that sent this has been replaced.',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'Transactional Id authorization failed.',
  SECURITY_DISABLED: 'Security features are switched off.',
  OPERATION_NOT_ATTEMPTED: 'Not attempted, because another part of the request failed.',
  KAFKA_STORAGE_ERROR: 'The server could not read or write its storage.',
  LOG_DIR_NOT_FOUND: 'The server has no such log directory.',
  SASL_AUTHENTICATION_FAILED: 'Authentication failed.',
  UNKNOWN_PRODUCER_ID: 'The server remembers nothing of this producer id.',
  REASSIGNMENT_IN_PROGRESS: 'A partition reassignment is under way.',
  DELEGATION_TOKEN_AUTH_DISABLED: 'Delegation tokens are switched off.',
  DELEGATION_TOKEN_NOT_FOUND: 'The server has no such delegation token.',
  DELEGATION_TOKEN_OWNER_MISMATCH: 'The delegation token belongs to someone else.',
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 'Delegation tokens cannot be requested on this connection.',
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 'Delegation Token authorization failed.',
  DELEGATION_TOKEN_EXPIRED: 'The delegation token has expired.',
  INVALID_PRINCIPAL_TYPE: 'The principal type is not supported.',
  NON_EMPTY_GROUP: 'The group has members.',
  GROUP_ID_NOT_FOUND: 'There is no such group.',
  FETCH_SESSION_ID_NOT_FOUND: 'There is no such fetch session.',
  INVALID_FETCH_SESSION_EPOCH: "The fetch session's epoch is not the expected one.",
  LISTENER_NOT_FOUND: 'The leader has no listener of the name the request came in on.',
  TOPIC_DELETION_DISABLED: 'Deleting topics is switched off.',
  FENCED_LEADER_EPOCH: "The client's leader epoch is older than the partition's.",
  UNKNOWN_LEADER_EPOCH: "The client's leader epoch is newer than the partition's.",
  UNSUPPORTED_COMPRESSION_TYPE: 'The compression type is not supported here.',
  STALE_BROKER_EPOCH: 'The broker epoch is out of date.',
  OFFSET_NOT_AVAILABLE: 'The new leader does not know the offset yet.',
  MEMBER_ID_REQUIRED: 'Join again with the member id given here.',
  PREFERRED_LEADER_NOT_AVAILABLE: 'The preferred leader is not available.',
  GROUP_MAX_SIZE_REACHED: 'The group is full.',
  FENCED_INSTANCE_ID: 'Another member has taken over the group instance id.',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'No replica that may lead is available.',
  ELECTION_NOT_NEEDED: 'The partition needs no election.',
  NO_REASSIGNMENT_IN_PROGRESS: 'No partition reassignment is under way.',
  GROUP_SUBSCRIBED_TO_TOPIC: 'The group still subscribes to the topic.',
  INVALID_RECORD: 'A record is not valid.',
  UNSTABLE_OFFSET_COMMIT: 'Offsets of an open transaction are still to be decided.',
  THROTTLING_QUOTA_EXCEEDED: 'The quota is used up.',
  PRODUCER_FENCED: 'A newer producer has taken over the transactional id.',
  RESOURCE_NOT_FOUND: 'There is no such resource.',
  DUPLICATE_RESOURCE: 'The resource is named twice or exists already.',
  UNACCEPTABLE_CREDENTIAL: 'The credential does not meet the requirements.',
  INCONSISTENT_VOTER_SET: 'The voters named are not those known.',
  INVALID_UPDATE_VERSION: 'The given update version is not valid.',
  FEATURE_UPDATE_FAILED: 'The feature could not be updated.',
  PRINCIPAL_DESERIALIZATION_FAILURE: 'The forwarded principal cannot be read.',
  SNAPSHOT_NOT_FOUND: 'There is no such snapshot.',
  POSITION_OUT_OF_RANGE: 'The position lies outside the snapshot.',
  UNKNOWN_TOPIC_ID: 'This server has no topic with this id.',
  DUPLICATE_BROKER_REGISTRATION: 'A broker with this id is registered already.',
  BROKER_ID_NOT_REGISTERED: 'No broker with this id is registered.',
  INCONSISTENT_TOPIC_ID: 'The topic id is not the one the log has.',
  INCONSISTENT_CLUSTER_ID: 'The cluster id is not the one of this cluster.',
  TRANSACTIONAL_ID_NOT_FOUND: 'There is no such transactional id.',
  FETCH_SESSION_TOPIC_ID_ERROR: 'The fetch session mixes topic names and topic ids.',
  INELIGIBLE_REPLICA: 'The replica may not join the in-sync set.',
  NEW_LEADER_ELECTED: 'The change led to the election of a new leader.',
  OFFSET_MOVED_TO_TIERED_STORAGE: 'The offset has moved to tiered storage.',
  FENCED_MEMBER_EPOCH: "The member's epoch is not the current one; join again.",
  UNRELEASED_INSTANCE_ID: 'Another member still holds the group instance id.',
  UNSUPPORTED_ASSIGNOR: 'The group does not support the assignor.',
  STALE_MEMBER_EPOCH: "The member's epoch is out of date.",
  MISMATCHED_ENDPOINT_TYPE: 'The request went to the wrong type of endpoint.',
  UNSUPPORTED_ENDPOINT_TYPE: 'The endpoint type is not supported.',
  UNKNOWN_CONTROLLER_ID: 'There is no controller with this id.',
  UNKNOWN_SUBSCRIPTION_ID: 'The telemetry subscription is not the current one.',
  TELEMETRY_TOO_LARGE: 'The telemetry data is larger than the server accepts.',
  INVALID_REGISTRATION: 'The registration is not valid.',
  TRANSACTION_ABORTABLE: 'The transaction failed and must be aborted.',
  INVALID_RECORD_STATE: "The record's state does not allow the acknowledgement.",
  SHARE_SESSION_NOT_FOUND: 'There is no such share session.',
  INVALID_SHARE_SESSION_EPOCH: "The share session's epoch is not the expected one.",
  FENCED_STATE_EPOCH: "The share group's state epoch is out of date.",
  INVALID_VOTER_KEY: "The voter's key is not the one known.",
  DUPLICATE_VOTER: 'The voter is in the set already.',
  VOTER_NOT_FOUND: 'The set has no such voter.',
  INVALID_REGULAR_EXPRESSION: 'The regular expression is not valid.',
  REBOOTSTRAP_REQUIRED: 'The client must start again from its bootstrap servers.',
  STREAMS_INVALID_TOPOLOGY: 'The streams topology is not valid.',
  STREAMS_INVALID_TOPOLOGY_EPOCH: 'The streams topology epoch is not valid.',
  STREAMS_TOPOLOGY_FENCED: 'The streams topology epoch is out of date.',
  SHARE_SESSION_LIMIT_REACHED: 'The server holds as many share sessions as it may.',
  GROUP_DELETION_FAILED: 'The group could not be deleted.',
  STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED: 'The description of the streams topology could not be stored.',
  CONTROLLER_ID_NOT_REGISTERED: 'No controller with this id is registered.',
};

const NAMES: ReadonlyMap<number, ErrorName> = new Map(
  Object.entries(ErrorCode).map(([name, code]) => [code, name as ErrorName]),
);

/** Kafka's name of an error code; `UNKNOWN(n)` for a number that is none. */
export function errorName(code: number): string {
  return NAMES.get(code) ?? `UNKNOWN(${code})`;
}

/** A short text for an error code, for error message fields and logs. */
export function errorText(code: number): string {
  return MESSAGES[NAMES.get(code) ?? 'UNKNOWN_SERVER_ERROR'];
}

/** Codes after which a Java client tries again by itself. */
export const RETRIABLE_ERRORS: ReadonlySet<number> = new Set<number>([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.LISTENER_NOT_FOUND,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
  ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
  ErrorCode.ELECTION_NOT_NEEDED,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
  ErrorCode.SHARE_SESSION_NOT_FOUND,
  ErrorCode.INVALID_SHARE_SESSION_EPOCH,
  ErrorCode.SHARE_SESSION_LIMIT_REACHED,
]);

/** Whether a client may try again after this error. */
export function isRetriable(code: number): boolean {
  return RETRIABLE_ERRORS.has(code);
}

/** Characters of a message at most: it may quote names and values of 32 KiB, which no response could carry with more. */
const MAX_MESSAGE_LENGTH = 2000;

/** A message for a response, cut where it is too long for one. */
export function boundedMessage(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

/** A failure that Kafka has an error code for. Handlers turn it into `errorCode` and `errorMessage`. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  /** The number that goes into the response. */
  readonly code: number;

  /** @param message what went wrong, for the client's eyes; default: the code's own text. */
  constructor(code: number, message?: string, options?: { readonly cause?: unknown }) {
    super(boundedMessage(message ?? errorText(code)), options);
    this.code = code;
  }

  /** Kafka's name of the code. */
  get codeName(): string {
    return errorName(this.code);
  }
}

/** Why bytes are no valid message, or a value cannot be written. */
export type ProtocolErrorCode =
  | 'truncated'
  | 'trailing-bytes'
  | 'invalid-length'
  | 'invalid-varint'
  | 'invalid-tag'
  | 'unexpected-null'
  | 'unsupported-version'
  | 'unsupported-field'
  | 'out-of-range';

/** Malformed bytes, or a message that its version cannot carry. A server closes the connection. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
