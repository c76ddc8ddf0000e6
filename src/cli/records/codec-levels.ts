/** Levels of codecs. */
import type { CodecName } from '../../../protocol/records/batch.ts';
import { ConfigError } from '../../config/config-error.ts';

/** Levels of codecs that have them; Kafka's, but for zstd's negative ones. */
const LEVELS: Readonly<Partial<Record<CodecName, readonly [first: number, last: number]>>> = {
  gzip: [1, 9],
  lz4: [1, 17],
  zstd: [1, 22],
};

/** @throws ConfigError for a level that the codec does not have */
export function checkLevel(compression: CodecName, level: number | undefined): void {
  if (level === undefined) return;
  const range = LEVELS[compression];
  if (range === undefined) throw new ConfigError(`--compression-level: ${compression} has no levels`);
  const [first, last] = range;
  if (level < first || level > last) {
    throw new ConfigError(
      `--compression-level: ${level} is not within ${first} to ${last}, the levels of ${compression}`,
    );
  }
}
