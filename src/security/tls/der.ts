/** Reads DER (X.690), as far as names in certificates and wrapped keys need it. */

/** One element: tag, and its contents. */
export interface DerElement {
  /** The identifier octet; tags of more than one octet occur nowhere here. */
  readonly tag: number;
  /** The contents. */
  readonly body: Buffer;
  /** Identifier, length and contents. */
  readonly whole: Buffer;
}

export const DerTag = {
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  SEQUENCE: 0x30,
  /** `[0]`, explicit. */
  CONTEXT_0: 0xa0,
} as const;

/** What is not DER, or not the structure that was looked for. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** The element at `offset`. @throws DerError where there is none, or not all of it */
export function readDer(bytes: Buffer, offset = 0): DerElement {
  const [tag, first] = [bytes[offset], bytes[offset + 1]];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('no element');
  let start = offset + 2;
  let byteLength = first;
  if (first >= 0x80) {
    const digits = first & 0x7f;
    if (digits === 0 || digits > 4 || start + digits > bytes.length) throw new DerError('no length');
    byteLength = bytes.readUIntBE(start, digits);
    start += digits;
  }
  const end = start + byteLength;
  if (end > bytes.length) throw new DerError('the element is cut off');
  return { tag, body: bytes.subarray(start, end), whole: bytes.subarray(offset, end) };
}

/** The elements inside of one. @throws DerError */
export function derElements({ body }: Pick<DerElement, 'body'>): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < body.length; ) {
    const element = readDer(body, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** An object identifier with dots, as `2.5.4.3`. @throws DerError */
export function derOid({ tag, body }: DerElement): string {
  if (tag !== DerTag.OBJECT_IDENTIFIER || body.length === 0) throw new DerError('no object identifier');
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of body) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...others] = arcs;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - 40n * top, ...others].join('.');
}
