/**
 * A history: what the clients of one run asked for, what they were told, and what they read. It is plain data that goes
 * through JSON unchanged, so a run can be kept and checked again.
 *
 * Times are ms of one clock of the process that wrote the history. A partition is named `topic/index`. Every record's
 * value is a number that no other record of the run has.
 */

export interface Timed {
  readonly invokedAt: number;
  /** Null when no answer came: the operation may take effect at any later time. */
  readonly completedAt: number | null;
}

export interface Write {
  readonly partition: string;
  readonly value: number;
  /** As acknowledged; null when it was not. */
  readonly offset: number | null;
  /** The value of the record that this one was made from. */
  readonly copyOf?: number;
}

export interface CommittedOffset {
  readonly partition: string;
  /** The next offset to read; -1 for none. */
  readonly offset: number;
}

/** Records of a producer without transactions. */
export interface SendOperation extends Timed {
  readonly kind: 'send';
  /** One producer with one idempotent identity: the order of its writes in a partition is promised. */
  readonly producer: string;
  readonly writes: readonly Write[];
  readonly outcome: 'ok' | 'unknown';
}

export interface TransactionOperation extends Timed {
  readonly kind: 'transaction';
  readonly producer: string;
  readonly writes: readonly Write[];
  /** What the transaction commits for a group besides. */
  readonly consumed: { readonly group: string; readonly offsets: readonly CommittedOffset[] } | null;
  /** `aborted` also when it broke off before anybody asked for its commit. */
  readonly outcome: 'committed' | 'aborted' | 'unknown';
  /** When the commit was asked for; null when it never was. */
  readonly commitInvokedAt: number | null;
}

export interface Observation {
  readonly partition: string;
  readonly offset: number;
  readonly value: number;
}

export interface PollOperation extends Timed {
  readonly kind: 'poll';
  /** Within a session, a partition is read on from where the poll before ended. Null: it changed during the poll. */
  readonly session: string | null;
  readonly isolation: 'read_committed' | 'read_uncommitted';
  /** Of a member of a group; null for a reader of its own. */
  readonly group: string | null;
  readonly records: readonly Observation[];
}

export interface CommitOffsetsOperation extends Timed {
  readonly kind: 'commit-offsets';
  readonly group: string;
  readonly offsets: readonly CommittedOffset[];
  readonly outcome: 'ok' | 'unknown';
}

/** Stable offsets, as OffsetFetch with `requireStable` gives them. The last one of a group is made when all is quiet. */
export interface FetchOffsetsOperation extends Timed {
  readonly kind: 'fetch-offsets';
  readonly group: string;
  readonly offsets: readonly CommittedOffset[];
}

/** A share group, and what it was set up with. */
export interface ShareGroup {
  readonly kind: 'share-group';
  readonly group: string;
  /** A record that was given to a member is nobody else's for so long. */
  readonly lockMs: number;
  /** Deliveries of a record before it is given up. */
  readonly deliveryLimit: number;
}

export interface ShareRecord extends Observation {
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
}

/** What a member of a share group was given. */
export interface SharePollOperation extends Timed {
  readonly kind: 'share-poll';
  readonly group: string;
  /** One consumer from when it is opened until it is closed. */
  readonly member: string;
  readonly records: readonly ShareRecord[];
  /** None of the records was acquired before. */
  readonly acquiredFrom: number;
}

export interface Acknowledgement {
  readonly partition: string;
  readonly offset: number;
  readonly type: 'accept' | 'release' | 'reject' | 'renew';
}

export interface ShareAcknowledgeOperation extends Timed {
  readonly kind: 'share-acknowledge';
  readonly group: string;
  readonly member: string;
  /** Confirmed: the broker has said that it is so. Whatever was not may be so nevertheless. */
  readonly acknowledgements: ReadonlyArray<Acknowledgement & { readonly isConfirmed: boolean }>;
}

/** A member begins to close, or is given up: what it holds is free from here on. */
export interface ShareEnd {
  readonly kind: 'share-end';
  readonly group: string;
  readonly member: string;
  readonly at: number;
}

/** Where a share group begins in each partition: it is done with all records before. The last one is made when all is quiet. */
export interface ShareOffsetsOperation extends Timed {
  readonly kind: 'share-offsets';
  readonly group: string;
  readonly offsets: readonly CommittedOffset[];
}

/** A partition from its first offset to its last, read when all is quiet. */
export interface FinalRead {
  readonly kind: 'final';
  readonly partition: string;
  /** As a consumer with `read_uncommitted` sees it. */
  readonly records: readonly Observation[];
  /** As a consumer with `read_committed` sees it. */
  readonly committed: readonly Observation[];
  /** Where transactions end, for whoever looks into an anomaly. */
  readonly markers: readonly Marker[];
}

export interface Marker {
  readonly offset: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly outcome: 'commit' | 'abort';
}

/** What was done to the broker, from when to when. */
export interface Deed extends Timed {
  readonly kind: 'deed';
  readonly what: string;
}

export type Operation =
  | SendOperation
  | TransactionOperation
  | PollOperation
  | CommitOffsetsOperation
  | FetchOffsetsOperation
  | ShareGroup
  | SharePollOperation
  | ShareAcknowledgeOperation
  | ShareEnd
  | ShareOffsetsOperation
  | FinalRead
  | Deed;

export type History = readonly Operation[];

export function ofKind<K extends Operation['kind']>(history: History, kind: K): Extract<Operation, { kind: K }>[] {
  return history.filter((operation): operation is Extract<Operation, { kind: K }> => operation.kind === kind);
}
