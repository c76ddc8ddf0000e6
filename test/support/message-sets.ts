/** Reads and writes message sets of format v0 and v1 the simple way: for tests of what does it fast. */
import { crc32 } from 'node:zlib';
import { codecNumbered, decompress } from '../../protocol/compression/codecs.ts';
import { fromV0 } from '../../protocol/compression/lz4-v0.ts';

export interface OldMessage {
  readonly offset: number;
  readonly magic: number;
  /** Null in v0. */
  readonly timestampMs: number | null;
  readonly isAppendTime: boolean;
  readonly key: string | null;
  readonly value: string | null;
}

export interface NewMessage {
  readonly key?: string | null;
  readonly value?: string | Buffer | null;
  readonly timestampMs?: number;
  readonly attributes?: number;
  readonly offset?: number;
}

function field(bytes: string | Buffer | null): Buffer {
  const length = Buffer.alloc(4);
  if (bytes === null) {
    length.writeInt32BE(-1);
    return length;
  }
  const body = Buffer.from(bytes as string);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Messages back to back, uncompressed. */
export function messageSet(magic: number, messages: readonly NewMessage[]): Buffer {
  return Buffer.concat(
    messages.map(({ key = null, value = null, timestampMs = -1, attributes = 0, offset = 0 }) => {
      const time = Buffer.alloc(magic === 0 ? 0 : 8);
      if (magic > 0) time.writeBigInt64BE(BigInt(timestampMs));
      const body = Buffer.concat([Buffer.from([magic, attributes]), time, field(key), field(value)]);
      const head = Buffer.alloc(16);
      head.writeBigInt64BE(BigInt(offset));
      head.writeInt32BE(body.length + 4, 8);
      head.writeUInt32BE(crc32(body), 12);
      return Buffer.concat([head, body]);
    }),
  );
}

/** All whole messages, also of compressed ones; checksums are checked. */
export async function readMessageSet(set: Buffer): Promise<OldMessage[]> {
  const messages: OldMessage[] = [];
  for (let at = 0; at + 12 <= set.length; ) {
    const size = set.readInt32BE(at + 8);
    if (at + 12 + size > set.length) break;
    const bytes = set.subarray(at, at + 12 + size);
    at += 12 + size;
    if (crc32(bytes.subarray(16)) !== bytes.readUInt32BE(12)) throw new Error('checksum');
    const magic = bytes[16] as number;
    const attributes = bytes[17] as number;
    let position = magic === 0 ? 18 : 26;
    const take = (): Buffer | null => {
      const length = bytes.readInt32BE(position);
      position += 4 + Math.max(length, 0);
      return length < 0 ? null : bytes.subarray(position - length, position);
    };
    const [key, value] = [take(), take()];
    if (position !== bytes.length) throw new Error('length');
    const offset = Number(bytes.readBigInt64BE(0));
    const codec = attributes & 7;
    if (codec === 0) {
      messages.push({
        offset,
        magic,
        timestampMs: magic === 0 ? null : Number(bytes.readBigInt64BE(18)),
        isAppendTime: (attributes & 8) !== 0,
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
      });
      continue;
    }
    const payload = codec === 3 && magic === 0 ? fromV0(value as Buffer) : (value as Buffer);
    const inner = await readMessageSet(await decompress(await codecNumbered(codec), payload, 1e8));
    const last = inner.at(-1)?.offset ?? 0;
    messages.push(...inner.map((one) => ({ ...one, offset: magic === 0 ? one.offset : offset - last + one.offset })));
  }
  return messages;
}
