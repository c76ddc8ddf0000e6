/**
 * Transaction markers: control batches with one record that says how a producer's transaction ended (KIP-98). The
 * record's key is an int16 version and an int16 type, its value an int16 version and the transaction coordinator's epoch.
 */
import { readControlRecordTypeSchema, writeControlRecordTypeSchema } from '../generated/control-record-type-schema.ts';
import { writeEndTxnMarker } from '../generated/end-txn-marker.ts';
import { ProtocolError } from '../errors.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';
import { buildBatch } from './build.ts';

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
