/** A history arranged for the checks: who wrote a value, and what lies where. */
import {
  type History,
  type Observation,
  ofKind,
  type SendOperation,
  type TransactionOperation,
  type Write,
} from '../history.ts';

export type AnomalyKind =
  /** Acknowledged or read, and gone, though something behind it is there. */
  | 'lost-write'
  /** Acknowledged and never to be seen, with nothing behind it. */
  | 'unseen'
  /** One value at two offsets. */
  | 'duplicate'
  /** Two values at one offset. */
  | 'inconsistent-offset'
  /** A producer's records in another order than it sent them. */
  | 'reordered-write'
  /** A value that nobody sent. */
  | 'unknown-value'
  /** A record of an aborted transaction, shown to a reader of committed ones (G1a). */
  | 'aborted-read'
  /** A record that was shown before anybody asked for its commit. */
  | 'precommitted-read'
  /** A transaction of which a part is visible. */
  | 'torn-transaction'
  /** A record that a transaction was to be made from, without one, or with two. */
  | 'lost-copy'
  | 'duplicate-copy'
  /** A session whose offsets fall. */
  | 'nonmonotonic-poll'
  /** A committed record that a session passed over. */
  | 'skipped-poll'
  /** A record before a group's committed offset that none of its members was given. */
  | 'unpolled'
  /** A group's committed offset that a later one had replaced, or that nobody committed. */
  | 'lost-offset'
  /** A record of a share group that was delivered again after it had come to its end. */
  | 'redelivered'
  /** A record of a share group whose deliveries are counted wrongly. */
  | 'delivery-count'
  /** A record of a share group that two members had at once. */
  | 'double-owner'
  /** A record that a share group went past though it had not come to its end. */
  | 'lost-record';

export interface Anomaly {
  readonly kind: AnomalyKind;
  readonly detail: string;
}

export interface Written {
  readonly write: Write;
  readonly operation: SendOperation | TransactionOperation;
}

export interface Facts {
  readonly history: History;
  /** Who wrote a value. */
  readonly written: ReadonlyMap<number, Written>;
  /** What lies in a partition at the end: value by offset, in order of offsets. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly uncommitted: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Values that a reader of committed records sees at the end. */
  readonly committedValues: ReadonlySet<number>;
}

const byOffset = (records: readonly Observation[]): Map<number, number> =>
  new Map(records.map(({ offset, value }) => [offset, value]));

export function factsOf(history: History): Facts {
  const written = new Map<number, Written>();
  for (const operation of history) {
    if (operation.kind !== 'send' && operation.kind !== 'transaction') continue;
    for (const write of operation.writes) written.set(write.value, { write, operation });
  }
  const finals = ofKind(history, 'final');
  return {
    history,
    written,
    committed: new Map(finals.map(({ partition, committed }) => [partition, byOffset(committed)])),
    uncommitted: new Map(finals.map(({ partition, records }) => [partition, byOffset(records)])),
    committedValues: new Set(finals.flatMap(({ committed }) => committed.map(({ value }) => value))),
  };
}

export const isAcknowledged = ({ operation }: Written): boolean =>
  operation.outcome === 'ok' || operation.outcome === 'committed';

export const place = ({ partition, offset }: { readonly partition: string; readonly offset: number | null }): string =>
  `${partition}@${offset ?? '?'}`;
