/** Reads the wire format of Protocol Buffers, as far as OTLP uses it: https://protobuf.dev/programming-guides/encoding/ */

/** The bytes are no message. */
export class MalformedMessageError extends Error {}

const WireType = { VARINT: 0, FIXED64: 1, LENGTH: 2, FIXED32: 5 } as const;

/** Goes through the fields of one message; each is read once, or skipped by `next`. */
export class ProtobufReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  /** Of the current field. */
  number = 0;
  #wireType = -1;
  #isRead = true;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Goes on to the next field; false at the end. @throws MalformedMessageError, as all that reads */
  next(): boolean {
    if (!this.#isRead) this.#skip();
    if (this.#at === this.#end) return false;
    // The type is in the lowest bits, which come first.
    this.#wireType = (this.#bytes[this.#at] as number) & 7;
    this.number = Math.floor(this.#uint() / 8);
    this.#isRead = false;
    if (this.number === 0) throw new MalformedMessageError('a field has no number');
    return true;
  }

  /** int32, int64, uint64, bool or an enum. */
  varint(): bigint {
    this.#begin(WireType.VARINT);
    return BigInt.asIntN(64, this.#varint());
  }

  double(): number {
    this.#begin(WireType.FIXED64);
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  sfixed64(): bigint {
    this.#begin(WireType.FIXED64);
    return this.#bytes.readBigInt64LE(this.#advance(8));
  }

  /** A repeated double: one value, or a row of them. */
  doubles(): number[] {
    return this.#eights().map((at) => this.#bytes.readDoubleLE(at));
  }

  /** A sint32 or sint64. */
  zigzag(): number {
    const value = BigInt.asUintN(64, this.varint());
    return Number((value >> 1n) ^ -(value & 1n));
  }

  /** A repeated uint64: one value, or a row of them; beyond 2^53 they lose their last bits. */
  varints(): number[] {
    if (this.#wireType === WireType.VARINT) {
      this.#begin(WireType.VARINT);
      return [this.#uint()];
    }
    const [start, end] = this.#range();
    const row = new ProtobufReader(this.#bytes, start, end);
    const values: number[] = [];
    while (row.#at < end) values.push(row.#uint());
    return values;
  }

  /** A repeated fixed64: one value, or a row of them; beyond 2^53 they lose their last bits. */
  fixed64s(): number[] {
    return this.#eights().map((at) => Number(this.#bytes.readBigUInt64LE(at)));
  }

  /** Where values of eight bytes begin. */
  #eights(): number[] {
    if (this.#wireType === WireType.FIXED64) {
      this.#begin(WireType.FIXED64);
      return [this.#advance(8)];
    }
    const [start, end] = this.#range();
    if ((end - start) % 8 !== 0) throw new MalformedMessageError(`field ${this.number} is no row of numbers`);
    return Array.from({ length: (end - start) / 8 }, (_, at) => start + 8 * at);
  }

  string(): string {
    const [start, end] = this.#range();
    return this.#bytes.toString('utf8', start, end);
  }

  message(): ProtobufReader {
    const [start, end] = this.#range();
    return new ProtobufReader(this.#bytes, start, end);
  }

  #range(): [start: number, end: number] {
    this.#begin(WireType.LENGTH);
    return this.#length();
  }

  #length(): [start: number, end: number] {
    const start = this.#advance(this.#uint());
    return [start, this.#at];
  }

  #begin(wireType: number): void {
    if (this.#wireType !== wireType) {
      throw new MalformedMessageError(`field ${this.number} is of wire type ${this.#wireType}`);
    }
    this.#isRead = true;
  }

  #skip(): void {
    this.#isRead = true;
    switch (this.#wireType) {
      case WireType.VARINT:
        this.#uint();
        return;
      case WireType.FIXED64:
        this.#advance(8);
        return;
      case WireType.LENGTH:
        this.#length();
        return;
      case WireType.FIXED32:
        this.#advance(4);
        return;
      default:
        throw new MalformedMessageError(`there is no wire type ${this.#wireType}`);
    }
  }

  /** @returns where those bytes begin */
  #advance(byteLength: number): number {
    const start = this.#at;
    if (byteLength > this.#end - start) throw new MalformedMessageError('a field goes on behind the end');
    this.#at = start + byteLength;
    return start;
  }

  /** Rounded beyond 2^53: nothing that is sound is so long. */
  #uint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.#bytes[this.#advance(1)] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessageError('a number has more than ten bytes');
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#advance(1)] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessageError('a number has more than ten bytes');
  }
}
