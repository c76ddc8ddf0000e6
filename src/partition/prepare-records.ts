/** What a client's records go through before they are appended, if anything: see prepare.ts and prepare-message-set.ts. */
import type { Slice } from '../base/counted.ts';
import type { Clock } from '../base/clock.ts';
import type { MessageSetOptions } from './prepare-message-set.ts';
import { needsPreparing, prepareBatch } from './prepare.ts';
import type { PartitionSettings } from './settings.ts';
import type { TopicTraffic } from './traffic.ts';
import type { AppendOptions, PreparedSlice } from './types.ts';
import { BATCHES_FROM, isMessageSet } from './validate.ts';

/** Null: nothing. @throws KafkaError as `PartitionLog.append`; also as a rejection */
export function prepareRecords(
  records: Slice,
  { produceVersion, effort = null }: AppendOptions,
  { config, validation }: PartitionSettings,
  clock: Clock,
  traffic: TopicTraffic,
): PreparedSlice | Promise<PreparedSlice> | null {
  if (produceVersion < BATCHES_FROM && isMessageSet(records.bytes)) {
    return convert(records.bytes, { config, clock, traffic, effort });
  }
  const nowMs = clock.now();
  if (!needsPreparing(records.bytes, config, validation, nowMs)) return null;
  return prepareBatch(records, produceVersion, { config, nowMs, effort });
}

/** The code for old clients is loaded when the first comes. */
async function convert(set: Buffer, options: MessageSetOptions): Promise<PreparedSlice> {
  const { prepareMessageSet } = await import('./prepare-message-set.ts');
  return await prepareMessageSet(set, options);
}
