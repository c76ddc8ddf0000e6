/** What is looked at before a batch may be appended: all of a client's, little of a coordinator's, nothing twice. */
import type { Slice } from '../base/counted.ts';
import { checkInPlace } from './check-records.ts';
import { mustCheckRecords } from './prepare.ts';
import type { PartitionSettings } from './settings.ts';
import { type AppendOptions, PreparedSlice } from './types.ts';
import { validateClientHeader, validateCoordinatorBatch, validateSegmentSize } from './validate.ts';

/**
 * Checks a batch, and gives its size.
 * @throws KafkaError with Kafka's code, InvalidRecordsError
 */
export function validateRecords(
  records: Slice,
  { origin, produceVersion }: AppendOptions,
  { config, validation }: PartitionSettings,
  nowMs: number,
): number {
  const { bytes } = records;
  if (records instanceof PreparedSlice) return bytes.length;
  if (origin === 'coordinator') return validateCoordinatorBatch(bytes, config);
  const size = validateClientHeader(bytes, produceVersion, config);
  if (mustCheckRecords(bytes, config, validation, nowMs)) {
    checkInPlace(bytes.length === size ? bytes : bytes.subarray(0, size), config, nowMs);
  }
  validateSegmentSize(size, config);
  return size;
}
