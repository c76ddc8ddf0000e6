/** Up to where DeleteRecords may delete. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { AppendOptions, PartitionLog } from './types.ts';

/**
 * The log start offset asked for; -1 asks for the high watermark.
 * @throws KafkaError OFFSET_OUT_OF_RANGE, POLICY_VIOLATION
 */
export function deleteTarget(
  { config, highWatermark }: PartitionLog,
  offset: number,
  origin: AppendOptions['origin'],
): number {
  if (origin === 'client' && config.cleanupCompact && !config.cleanupDelete) {
    throw new KafkaError(ErrorCode.POLICY_VIOLATION, 'Records of a compacted topic cannot be deleted.');
  }
  const target = offset === -1 ? highWatermark : offset;
  if (target >= 0 && target <= highWatermark) return target;
  const text = `Records before offset ${offset} cannot be deleted; the high watermark is ${highWatermark}.`;
  throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, text);
}
