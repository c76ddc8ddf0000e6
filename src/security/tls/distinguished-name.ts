/**
 * The name in a certificate as Java's `X500Principal.getName()` writes it (RFC 2253), which is what Kafka takes for a
 * user's name and what rules and ACLs are written for: the last attribute first, and of attributes that RFC 2253 has no
 * word for (emailAddress is one) the object identifier with the value's DER in hex.
 */
import { type DerElement, DerError, derElements, derOid, DerTag, readDer } from './der.ts';

const KEYWORDS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
]);

/** Tags of the kinds of strings that Java takes for text, all of them as UTF-8, BMPString too. */
const STRINGS: ReadonlySet<number> = new Set([0x0c, 0x13, 0x14, 0x16, 0x1b, 0x1e]);

function escaped(text: string): string {
  const marked = text.replace(/[,=+<>#;"\\]/g, '\\$&').replaceAll('\0', '\\00');
  const [, lead = '', middle = '', trail = ''] = /^([ \r]*)(.*?)([ \r]*)$/s.exec(marked) ?? [];
  return escapedEach(lead) + middle + escapedEach(trail);
}

function escapedEach(text: string): string {
  return text.replace(/./gs, '\\$&');
}

function attributeText(attribute: DerElement): string {
  const [type, value] = derElements(attribute);
  if (type === undefined || value === undefined) throw new DerError('no attribute');
  const oid = derOid(type);
  const keyword = KEYWORDS.get(oid);
  if (keyword === undefined || !STRINGS.has(value.tag)) return `${keyword ?? oid}=#${value.whole.toString('hex')}`;
  return `${keyword}=${escaped(value.body.toString('utf8'))}`;
}

/** @param name the DER of a Name. @throws DerError */
export function distinguishedName(name: Buffer): string {
  return derElements(readDer(name))
    .toReversed()
    .map((relative) => derElements(relative).map(attributeText).join('+'))
    .join(',');
}

/** The DER of the subject's Name. @param certificate its DER. @throws DerError */
export function subjectOf(certificate: Buffer): Buffer {
  const [signed] = derElements(readDer(certificate));
  const fields = signed === undefined ? [] : derElements(signed);
  // The version is left out where it is the first.
  const [, , , , subject] = fields[0]?.tag === DerTag.CONTEXT_0 ? fields.slice(1) : fields;
  if (subject?.tag !== DerTag.SEQUENCE) throw new DerError('no subject');
  return subject.whole;
}
