/** What the broker writes into a checked batch where it lies; its CRC covers none of it but the timestamp. */
import {
  maxTimestamp,
  patchBaseOffset,
  patchLeaderEpoch,
  setMaxTimestamp,
  timestampType,
} from '../../protocol/records/batch.ts';

export interface Stamp {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  /** The time that all records get, in ms; -1: they keep their own. */
  readonly appendTimeMs: number;
}

/** Gives the batch its place. The checksum follows where a timestamp changes. */
export function stampBatch(bytes: Buffer, { baseOffset, leaderEpoch, appendTimeMs }: Stamp): void {
  if (appendTimeMs >= 0) setMaxTimestamp(bytes, 0, 1, appendTimeMs);
  else if (timestampType(bytes, 0) === 1) setMaxTimestamp(bytes, 0, 0, maxTimestamp(bytes, 0));
  patchBaseOffset(bytes, 0, baseOffset);
  patchLeaderEpoch(bytes, 0, leaderEpoch);
}
