/** What the workload wants of a client library. Every call may take long, or never end, while the broker is away. */
import type { Acknowledgement, CommittedOffset, Observation, ShareRecord, Write } from '../history.ts';

export type Isolation = 'read_committed' | 'read_uncommitted';

/** The record's value on the wire is its number in decimal digits. */
export interface Producer {
  /** Resolves once all is acknowledged, with the offsets in order; null where the client does not tell. */
  send(writes: readonly Write[]): Promise<ReadonlyArray<number | null>>;
  begin(): Promise<void>;
  /** Makes offsets of the consumer's group a part of the transaction. */
  sendOffsets(consumer: Consumer, offsets: readonly CommittedOffset[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
  /** Never fails. What is not acknowledged is given up. */
  close(): Promise<void>;
}

export interface Polled {
  /** Changes whenever the consumer may read on from elsewhere; null when it did in the middle of these records. */
  readonly session: string | null;
  readonly records: readonly Observation[];
}

export interface Consumer {
  /** The group; null for a reader of its own. */
  readonly group: string | null;
  /** What has come, at most `POLL_RECORDS`; empty after a short while without anything. */
  poll(): Promise<Polled>;
  commit(offsets: readonly CommittedOffset[]): Promise<void>;
  /** Never fails. */
  close(): Promise<void>;
}

/** A member of a share group that acknowledges each record itself. */
export interface ShareConsumer {
  /** What has come; empty after a short while without anything. All of it is acknowledged before the next call. */
  poll(): Promise<readonly ShareRecord[]>;
  /** Gives the partitions all of whose acknowledgements the broker has confirmed. */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<ReadonlySet<string>>;
  /** Never fails. */
  close(): Promise<void>;
}

export interface ShareConsumers {
  /** Locks can be renewed; records whose lock was are polled again. */
  readonly canRenew: boolean;
  open(topics: readonly string[], group: string): Promise<ShareConsumer>;
}

export interface ConsumerOptions {
  readonly topics: readonly string[];
  /** A member of this group that goes on from its offsets; null: a reader of everything from the start. */
  readonly group: string | null;
  readonly isolation: Isolation;
}

export interface Client extends AsyncDisposable {
  /** Whether offsets in a transaction are fenced by the group's generation, so that members of one group may copy. */
  readonly fencesCopiers: boolean;
  /** @param transactionalId null for a producer that is idempotent only */
  producer(transactionalId: string | null): Promise<Producer>;
  consumer(options: ConsumerOptions): Promise<Consumer>;
  /** Null: the library has none. */
  readonly shareConsumers: ShareConsumers | null;
}

export interface ClientOptions {
  readonly bootstrap: string;
  readonly groupProtocol: 'classic' | 'consumer';
  /** After so long the broker aborts a transaction. */
  readonly transactionTimeoutMs: number;
}

export const POLL_RECORDS = 40;
export const POLL_WAIT_MS = 100;

/** Of requests, deliveries and everything else that a client waits for; longer than any pause of the broker. */
export const REQUEST_TIMEOUT_MS = 8000;
/** Short, so that groups go on soon without whoever could not say that it leaves. */
export const SESSION_TIMEOUT_MS = 3000;
export const HEARTBEAT_MS = 500;

/** `topic/3` in parts. */
export function splitPartition(partition: string): { readonly topic: string; readonly index: number } {
  const at = partition.lastIndexOf('/');
  return { topic: partition.slice(0, at), index: Number(partition.slice(at + 1)) };
}

export const joinPartition = (topic: string, index: number): string => `${topic}/${index}`;
