/** What key stores and trust stores hold, whatever their format. */
import type { KeyObject, X509Certificate } from 'node:crypto';

/** A key with its certificates. */
export interface KeyEntry {
  readonly alias: string;
  readonly key: KeyObject;
  /** The key's own certificate first, each followed by that of who issued it. */
  readonly chain: readonly X509Certificate[];
}

/** A certificate that is trusted. */
export interface TrustedEntry {
  readonly alias: string;
  readonly certificate: X509Certificate;
}

/** What is wrong with a store; begins small, as something stands before it: `… of /a/b.jks: wrong password`. */
export class MaterialError extends Error {
  override readonly name = 'MaterialError';
}

/** An alias for whoever has none, as Java numbers them. */
export function aliasOf(alias: string | null, index: number): string {
  return alias ?? String(index + 1);
}

/** The key's own certificate among `certificates`, and behind it those who issued it, as far as they are there. */
export function chainOf(key: KeyObject, certificates: readonly X509Certificate[]): X509Certificate[] {
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  const chain: X509Certificate[] = [];
  const isIn = ({ raw }: X509Certificate): boolean => chain.some((one) => one.raw.equals(raw));
  for (let next = own; next !== undefined && !isIn(next); ) {
    chain.push(next);
    const issued = next;
    // Whoever issued itself is the last.
    next = issued.checkIssued(issued) ? undefined : certificates.find((other) => issued.checkIssued(other));
  }
  return chain;
}

/** @throws MaterialError where the first certificate is not the key's own, or there is none */
export function checkedEntry(entry: KeyEntry): KeyEntry {
  const [own] = entry.chain;
  if (own === undefined) throw new MaterialError(`the key ${entry.alias} has no certificate`);
  if (own.checkPrivateKey(entry.key)) return entry;
  throw new MaterialError(
    `the key ${entry.alias} does not belong to its certificate (${own.subject.replaceAll('\n', ', ')})`,
  );
}
