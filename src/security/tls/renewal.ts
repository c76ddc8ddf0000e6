/** Whether a new certificate may take the place of another while clients are connected, by Kafka's rules. */
import type { X509Certificate } from 'node:crypto';
import { splitAlternativeNames } from './alternative-names.ts';
import { distinguishedName, subjectOf } from './distinguished-name.ts';
import type { KeyEntry } from './key-material.ts';
import type { TlsSettings } from './stores.ts';

function dnOf(certificate: X509Certificate | undefined): string {
  return certificate === undefined ? '' : distinguishedName(subjectOf(certificate.raw));
}

/**
 * What keeps the keys from taking the place of those before, or null. Names must stay the same, as Kafka's brokers go by
 * them among themselves, unless ssl.allow.dn.changes and ssl.allow.san.changes say otherwise.
 */
export function renewalProblem(
  before: readonly KeyEntry[],
  after: readonly KeyEntry[],
  settings: TlsSettings,
): string | null {
  if (before.length !== after.length) {
    return `Keystore entries do not match, existing store contains ${before.length} entries, new store contains ${after.length} entries`;
  }
  const mayChange = (name: string): boolean => settings.text(name) === 'true';
  for (const [index, { alias, chain }] of before.entries()) {
    const next = after[index];
    const [existing, found] = [dnOf(chain[0]), dnOf(next?.chain[0])];
    if (!mayChange('ssl.allow.dn.changes') && existing.toLowerCase() !== found.toLowerCase()) {
      return (
        `Keystore DistinguishedName does not match: existing={alias=${alias}, DN=${existing}}, ` +
        `new={alias=${next?.alias}, DN=${found}} (ssl.allow.dn.changes=true permits it)`
      );
    }
    const [had, has] = [chain[0], next?.chain[0]].map((one) => splitAlternativeNames(one?.subjectAltName));
    if (!mayChange('ssl.allow.san.changes') && had?.some((name) => !has?.includes(name))) {
      return (
        `Keystore SubjectAltNames do not match: existing={alias=${alias}, SAN=[${had.join(', ')}]}, ` +
        `new={alias=${next?.alias}, SAN=[${has?.join(', ')}]} (ssl.allow.san.changes=true permits it)`
      );
    }
  }
  return null;
}
