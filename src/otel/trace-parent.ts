/** The trace that a record belongs to, by the header that producers' instrumentation leaves (W3C trace context). */
import type { SpanContext } from '@opentelemetry/api';
import {
  BATCH_OVERHEAD,
  CompressionCodec,
  compressionCodec,
  magic,
  MAGIC_V2,
  recordsCount,
} from '../../protocol/records/batch.ts';
import { RecordCursor } from '../../protocol/records/iterate.ts';
import { VarintCursor } from '../../protocol/records/varint.ts';

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;
const KEY = Buffer.from('traceparent');

/** Of the first record of a batch that a client sent, unchecked as it is; null where there is none to be read. */
export function firstTraceParent(batch: Buffer): SpanContext | null {
  if (batch.length <= BATCH_OVERHEAD || magic(batch, 0) !== MAGIC_V2) return null;
  if (compressionCodec(batch, 0) !== CompressionCodec.NONE) return null;
  const records = batch.subarray(BATCH_OVERHEAD);
  try {
    const cursor = new RecordCursor(records, recordsCount(batch, 0));
    return cursor.next() ? traceParentIn(records, cursor) : null;
  } catch {
    return null; // whoever validates the batch says what is wrong with it
  }
}

function traceParentIn(records: Buffer, { headersStart, headersCount }: RecordCursor): SpanContext | null {
  const cursor = new VarintCursor(records, headersStart, records.length);
  for (let i = 0; i < headersCount; i++) {
    const key = take(cursor);
    const value = take(cursor);
    if (key === null || value === null || !key.equals(KEY)) continue;
    const [, traceId = '', spanId = '', flags = ''] = TRACE_PARENT.exec(value.toString('latin1')) ?? [];
    return traceId === '' ? null : { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  }
  return null;
}

/** The bytes behind their length; null where that is negative. */
function take(cursor: VarintCursor): Buffer | null {
  const length = cursor.varint();
  if (length < 0) return null;
  const start = cursor.position;
  cursor.position += length;
  return cursor.buffer.subarray(start, cursor.position);
}
