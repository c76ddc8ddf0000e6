/**
 * Transaction markers: control batches with one record that says how a producer's transaction ended (KIP-98). The
 * record's key is an int16 version and an int16 type, its value an int16 version and the transaction coordinator's epoch.
 */
import { readControlRecordTypeSchema, writeControlRecordTypeSchema } from '../generated/control-record-type-schema.ts';
import { readEndTxnMarker, writeEndTxnMarker } from '../generated/end-txn-marker.ts';
import { KafkaError, ProtocolError } from '../errors.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';
import { BATCH_OVERHEAD, CompressionCodec, compressionCodec, isControl } from './batch.ts';
import { buildBatch } from './build.ts';
import { RecordCursor } from './iterate.ts';

/** How a transaction ended. */
export type TransactionOutcome = 'commit' | 'abort';

/** What a marker says. */
export interface TransactionMarker {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Epoch of the transaction coordinator that decided. */
  readonly coordinatorEpoch: number;
  readonly outcome: TransactionOutcome;
}

const VERSION = 0;
const TYPE = { abort: 0, commit: 1 } as const;

/** Builds the control batch of a marker. */
export function buildMarker(marker: TransactionMarker, timestampMs: number): Buffer {
  const key = new Writer();
  key.int16(VERSION);
  writeControlRecordTypeSchema(key, { type: TYPE[marker.outcome] }, VERSION);
  const value = new Writer();
  value.int16(VERSION);
  writeEndTxnMarker(value, { coordinatorEpoch: marker.coordinatorEpoch }, VERSION);
  const { producerId, producerEpoch } = marker;
  const record = { key: key.toBuffer(), value: value.toBuffer(), timestampMs };
  return buildBatch([record], { producerId, producerEpoch, isTransactional: true, isControl: true });
}

/** What the key of a control record says of a transaction; null for control records of another kind. */
export function markerOutcome(key: Buffer | null): TransactionOutcome | null {
  if (key === null) return null;
  try {
    const reader = new Reader(key);
    // Whatever the version, the type comes next.
    reader.int16();
    const { type } = readControlRecordTypeSchema(reader, VERSION);
    if (type === TYPE.commit) return 'commit';
    return type === TYPE.abort ? 'abort' : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** What a marker's record says. */
export interface MarkerRecord {
  readonly outcome: TransactionOutcome;
  readonly coordinatorEpoch: number;
}

/** What the marker in a whole batch says; null for other batches, and damaged ones. */
export function readMarker(batch: Buffer): MarkerRecord | null {
  if (!isControl(batch, 0) || compressionCodec(batch, 0) !== CompressionCodec.NONE) return null;
  try {
    const cursor = new RecordCursor(batch.subarray(BATCH_OVERHEAD), 1);
    const outcome = cursor.next() ? markerOutcome(cursor.key()) : null;
    const value = cursor.value();
    if (outcome === null || value === null) return null;
    const reader = new Reader(value);
    reader.int16();
    return { outcome, coordinatorEpoch: readEndTxnMarker(reader, VERSION).coordinatorEpoch };
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof KafkaError) return null;
    throw error;
  }
}
