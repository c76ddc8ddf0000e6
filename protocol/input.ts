/** What message writers accept: every field optional, defaults filled in by the writer. */

/**
 * Bytes that live outside the writer, such as a file range or pooled slabs. Only their number is known here: the
 * writer puts the length before them and hands the source on, in its place, for the sender to deal with.
 */
export interface RecordsSource {
  readonly byteLength: number;
}

/** Bytes to write: a Uint8Array is copied, anything else is passed through as a source. */
export type BytesInput = Uint8Array | RecordsSource;

/** A message of type T with every field, at every depth, optional. */
export type Input<T> = T extends Uint8Array
  ? BytesInput
  : T extends ReadonlyArray<infer E>
    ? ReadonlyArray<Input<E>>
    : T extends object
      ? { readonly [K in keyof T]?: Input<T[K]> | undefined }
      : T;
