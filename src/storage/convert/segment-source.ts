/** An open segment, as the engine's list of published segments needs it. */
import type { RunSource } from '../runs/run-source.ts';
import type { SegmentDescriptor } from '../segment/descriptor.ts';

export interface SegmentSource extends RunSource {
  readonly descriptor: SegmentDescriptor;
  /**
   * Looks whether the file is there and whole, as far as its beginning and end tell.
   * @throws StorageError CORRUPT, IO
   */
  check(): Promise<void>;
  /** Closes the file, which nobody references any more. */
  close(): Promise<void>;
}
