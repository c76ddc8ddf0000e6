/**
 * What the engine's thread and one of `disk-thread.ts` share: a request lies in shared memory, whose counter the thread
 * waits for; the answer is a message. So a thread answers as fast as one of Node's pool.
 */

/** Rows of the shared Int32Array. */
export const REQUESTS = 0;
export const OPERATION = 1;
export const DESCRIPTOR = 2;
export const LENGTH = 3;
/** Byte offset of the position in a file, a float64, in the same memory. */
export const POSITION_AT = 16;
export const CONTROL_BYTES = 32;

export const Operation = { STOP: 0, WRITE: 1, DATASYNC: 2 } as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

export interface DiskThreadData {
  readonly control: SharedArrayBuffer;
  /** What is to be written lies here. */
  readonly bytes: SharedArrayBuffer;
}

/** Bytes written, or 0 of a sync; or what failed. */
export type DiskReply = number | { readonly message: string; readonly code: string | undefined };

/** The first message: it waits for requests. */
export const READY: DiskReply = -1;
