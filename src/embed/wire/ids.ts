/** Ids that a broker makes up: which of a replay stands for which of the recording. Learned from the answers, said in the requests. */
import { KafkaError } from '../../../protocol/errors.ts';
import { ZERO_UUID } from '../../../protocol/reader.ts';
import { BatchField, hasProducerId, patchCrc, producerId, sizeInBytes } from '../../../protocol/records/batch.ts';
import { wholeBatches } from '../../client/record-batches.ts';
import type { Message } from '../faults/error-answer.ts';
import { changed } from './frames.ts';

/** What kind of id the fields hold. */
const KINDS: Readonly<Record<string, string>> = {
  clusterId: 'cluster',
  topicId: 'topic',
  memberId: 'member',
  // Of a group; others are numbers.
  leader: 'member',
  producerId: 'producer',
  v3AndBelowProducerId: 'producer',
  ongoingTxnProducerId: 'producer',
  producerIdFilters: 'producer',
  sessionId: 'session',
  subscriptionId: 'subscription',
  clientInstanceId: 'client',
  nodeId: 'node',
  leaderId: 'node',
  controllerId: 'node',
  replicaNodes: 'node',
  isrNodes: 'node',
  offlineReplicas: 'node',
};

/** What kind of id this is, or null for what is none: other fields, and what says that there is no id. */
export function kindOf(field: string, value: unknown): string | null {
  const kind = Object.hasOwn(KINDS, field) ? (KINDS[field] as string) : null;
  if (kind === null || value === null || value === '' || value === ZERO_UUID) return null;
  if (typeof value === 'bigint') return value < 0n ? null : kind;
  if (typeof value === 'number')
    return value < 0 || (kind === 'session' && value === 0) || field === 'leader' ? null : kind;
  return typeof value === 'string' ? kind : null;
}

export class Ids {
  /** Of the replay by those of the recording, and the other way round. */
  readonly #replayed = new Map<string, unknown>();
  readonly #recorded = new Map<string, unknown>();

  /** Whether the ids mean the same thing; those that are both new do from now on. */
  match(kind: string, recorded: unknown, replayed: unknown): boolean {
    const one = `${kind} ${String(recorded)}`;
    const other = `${kind} ${String(replayed)}`;
    if (!this.#replayed.has(one) && !this.#recorded.has(other)) {
      this.#replayed.set(one, replayed);
      this.#recorded.set(other, recorded);
    }
    return this.#replayed.get(one) === replayed && this.#recorded.get(other) === recorded;
  }

  /** What stands for an id of the recording; the id itself where nothing is known to. */
  replayed(kind: string, recorded: unknown): unknown {
    const key = `${kind} ${String(recorded)}`;
    return this.#replayed.has(key) ? this.#replayed.get(key) : recorded;
  }

  /** A recorded request as it is sent now. */
  translate(body: Message): Message {
    return changed(body, (name, value) => {
      if (name === 'records' && Buffer.isBuffer(value)) return this.#translateBatches(value);
      const kind = kindOf(name, value);
      return kind === null ? undefined : this.replayed(kind, value);
    });
  }

  #translateBatches(recorded: Buffer): Buffer {
    const records = Buffer.from(recorded);
    for (const at of batchesOf(records)) {
      if (!hasProducerId(records, at)) continue;
      const id = this.replayed('producer', producerId(records, at)) as bigint;
      if (id === producerId(records, at)) continue;
      records.writeBigInt64BE(id, at + BatchField.PRODUCER_ID);
      patchCrc(records.subarray(0, at + sizeInBytes(records, at)), at);
    }
    return records;
  }
}

/** Where batches begin; nowhere in records of other formats: a client may send anything. */
function batchesOf(records: Buffer): number[] {
  try {
    return wholeBatches(records);
  } catch (error) {
    if (error instanceof KafkaError) return [];
    throw error;
  }
}
