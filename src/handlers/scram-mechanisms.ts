/** SCRAM mechanisms as the APIs that manage credentials number them (KIP-554). */
import type { ScramMechanism } from '../security/sasl/scram-credential.ts';

const CODES: ReadonlyMap<ScramMechanism, number> = new Map([
  ['SCRAM-SHA-256', 1],
  ['SCRAM-SHA-512', 2],
]);

export function mechanismOfCode(code: number): ScramMechanism | undefined {
  for (const [mechanism, number] of CODES) if (number === code) return mechanism;
  return undefined;
}

/** 0, UNKNOWN, for what is none. */
export function codeOfMechanism(name: string): number {
  return CODES.get(name as ScramMechanism) ?? 0;
}
