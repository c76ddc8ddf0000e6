/** What is written for a record that a share group gave up (KIP-1191). */
import type { NewRecord, RecordHeader } from '../../../protocol/records/build.ts';
import type { DiscardCause, DiscardedRecords } from '../types.ts';

/** Key and value of the record that was given up. */
export interface Original {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Where records come from that are given up. */
export interface LetterSource {
  readonly groupId: string;
  readonly topicName: string;
  readonly partition: number;
}

const MESSAGES: Readonly<Record<DiscardCause, string>> = {
  rejected: 'Offset rejected by client.',
  'delivery-count-limit': 'Offset delivery count exceeded the threshold.',
};

/** More than a record and one header take beside their contents. */
const RECORD_OVERHEAD = 40;
const HEADER_OVERHEAD = 10;

function header(name: string, value: string | number): RecordHeader {
  return { key: `__dlq.errors.${name}`, value: Buffer.from(String(value)) };
}

/** Writes letters for records of one range. */
export class LetterWriter {
  readonly #before: readonly RecordHeader[];
  readonly #after: readonly RecordHeader[];
  readonly #timestampMs: number;

  constructor(source: LetterSource, { deliveryCount, cause }: DiscardedRecords, timestampMs: number) {
    this.#before = [header('topic', source.topicName), header('partition', source.partition)];
    this.#after = [
      header('group', source.groupId),
      header('delivery.count', deliveryCount),
      header('message', MESSAGES[cause]),
    ];
    this.#timestampMs = timestampMs;
  }

  write(offset: number, original: Original | undefined): NewRecord {
    const headers = [...this.#before, header('offset', offset), ...this.#after];
    return { key: original?.key ?? null, value: original?.value ?? null, headers, timestampMs: this.#timestampMs };
  }
}

/** Bytes that a letter takes in a batch, at most. */
export function letterBytes({ key, value, headers = [] }: NewRecord): number {
  let bytes = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0);
  for (const entry of headers) bytes += HEADER_OVERHEAD + entry.key.length + (entry.value?.length ?? 0);
  return bytes;
}
