/** Where a record in flight stands. Records that stand alike next to each other share one status. */
import type { Lock } from './locks.ts';

/** The numbers are those of the stored state, where acquired never stands. */
export const RecordState = { AVAILABLE: 0, ACQUIRED: 1, ACKNOWLEDGED: 2, ARCHIVING: 3, ARCHIVED: 4 } as const;
export type RecordState = (typeof RecordState)[keyof typeof RecordState];

/** A change of state on its way to the share coordinator: told apart from others by identity. */
export interface Transition {
  readonly kind: 'transition';
}

/** Never changed: a record's status is replaced. */
export interface RecordStatus {
  readonly state: RecordState;
  /** Deliveries so far, with the one under way. */
  readonly deliveryCount: number;
  /** Of whom it is acquired, exactly while the state is ACQUIRED. */
  readonly lock: Lock | null;
  /** While the change to this status is being written: by what, and what it goes back to when that fails. */
  readonly pending: { readonly transition: Transition; readonly before: RecordStatus } | null;
}

export function statusOf(state: RecordState, deliveryCount: number): RecordStatus {
  return { state, deliveryCount, lock: null, pending: null };
}

/** The status of records that are delivered once more. */
export function acquired(status: RecordStatus, lock: Lock): RecordStatus {
  return { state: RecordState.ACQUIRED, deliveryCount: status.deliveryCount + 1, lock, pending: null };
}

/** True for records that may be delivered now. */
export function isAvailable({ state, pending }: RecordStatus): boolean {
  return state === RecordState.AVAILABLE && pending === null;
}

/** True for records that are never delivered again, whether that is stored already or not. */
export function isTerminal({ state }: RecordStatus): boolean {
  return state === RecordState.ACKNOWLEDGED || state === RecordState.ARCHIVED;
}

/** True if records with these statuses need not be told apart. */
export function isSame(a: RecordStatus, b: RecordStatus): boolean {
  return (
    a === b ||
    (a.state === b.state &&
      a.deliveryCount === b.deliveryCount &&
      a.lock === b.lock &&
      a.pending === null &&
      b.pending === null)
  );
}
