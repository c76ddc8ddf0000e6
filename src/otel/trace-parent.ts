/** The trace that a record belongs to, by the header that producers' instrumentation leaves (W3C trace context). */
import type { SpanContext } from '@opentelemetry/api';
import { BATCH_OVERHEAD, CompressionCodec, compressionCodec, magic, MAGIC_V2 } from '../../protocol/records/batch.ts';
import { VarintCursor } from '../../protocol/records/varint.ts';

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;
const KEY = Buffer.from('traceparent');

/** Of the first record of a batch that a client sent, unchecked as it is; null where there is none to be read. */
export function firstTraceParent(batch: Buffer): SpanContext | null {
  if (batch.length <= BATCH_OVERHEAD || magic(batch, 0) !== MAGIC_V2) return null;
  if (compressionCodec(batch, 0) !== CompressionCodec.NONE) return null;
  try {
    return traceParentIn(new VarintCursor(batch, BATCH_OVERHEAD, batch.length));
  } catch {
    return null; // whoever validates the batch says what is wrong with it
  }
}

/** @throws KafkaError for what is no record */
function traceParentIn(cursor: VarintCursor): SpanContext | null {
  cursor.varint(); // length
  cursor.position++; // attributes
  cursor.varlong(); // timestamp delta
  cursor.varint(); // offset delta
  skip(cursor); // key
  skip(cursor); // value
  for (let left = cursor.varint(); left > 0; left--) {
    const keyStart = skip(cursor);
    const keyEnd = cursor.position;
    const start = skip(cursor);
    if (keyEnd - keyStart !== KEY.length || cursor.buffer.compare(KEY, 0, KEY.length, keyStart, keyEnd) !== 0) continue;
    const [, traceId = '', spanId = '', flags = ''] =
      TRACE_PARENT.exec(cursor.buffer.toString('latin1', start, cursor.position)) ?? [];
    return traceId === '' ? null : { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  }
  return null;
}

/** Steps over bytes behind their length; gives where they begin. */
function skip(cursor: VarintCursor): number {
  const length = cursor.varint();
  const start = cursor.position;
  cursor.position += Math.max(0, length);
  return start;
}
