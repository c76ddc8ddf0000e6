/**
 * What the Node client programs share: the command line, the JSON lines, the time limit, and the records that the
 * scenarios are made of.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSecurity } from '../client-security.ts';
import type { Scenario } from '../scenarios.ts';

/** Thrown by a scenario that the client has no feature for. */
export class Unsupported extends Error {}

export interface Run {
  readonly bootstrap: string;
  readonly prefix: string;
}

export type Scenarios = Partial<Record<Scenario, (run: Run) => Promise<string>>>;

const securityFile = process.env['WALKA_CLIENT_SECURITY'];
/** How the client is to say who it is; undefined: it need not. */
export const security: ClientSecurity | undefined =
  securityFile === undefined ? undefined : (JSON.parse(readFileSync(securityFile, 'utf8')) as ClientSecurity);

/** The files of certificates and keys that it is to use, for node:tls; undefined: no TLS. */
export function tlsFiles(): { ca: Buffer[]; cert?: Buffer; key?: Buffer } | undefined {
  if (security?.ca === undefined) return undefined;
  const { ca, certificate, key } = security;
  const own = certificate && key ? { cert: readFileSync(certificate), key: readFileSync(key) } : {};
  return { ca: [readFileSync(ca)], ...own };
}

const SCENARIO_LIMIT_MS = 180_000;

/** Polls until `probe` gives something, at most `limitMs`. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  limitMs = 90_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for: ${what}`);
    await delay(20);
  }
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function runOne(scenario: string, body: (run: Run) => Promise<string>, run: Run): Promise<void> {
  const limit = new AbortController();
  try {
    const timeout = delay(SCENARIO_LIMIT_MS, undefined, { signal: limit.signal }).then(() => {
      throw new Error(`did not end within ${SCENARIO_LIMIT_MS} ms`);
    });
    const detail = await Promise.race([body(run), timeout]);
    print({ scenario, ok: true, detail });
  } catch (error) {
    if (error instanceof Unsupported) print({ scenario, unsupported: error.message });
    else
      print({ scenario, ok: false, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    limit.abort();
  }
}

/** Runs the phase that the command line names, then ends the process, whatever the client has left open. */
export async function main(phases: Readonly<Record<'run' | 'verify', Scenarios>>): Promise<never> {
  const [bootstrap, phase, prefix] = process.argv.slice(2);
  assert(
    bootstrap !== undefined && prefix !== undefined && (phase === 'run' || phase === 'verify'),
    'BOOTSTRAP run|verify PREFIX',
  );
  const wanted = process.env['WALKA_CLIENT_SCENARIOS']?.split(',');
  for (const [scenario, body] of Object.entries(phases[phase])) {
    if (wanted?.includes(scenario) ?? true) await runOne(scenario, body, { bootstrap, prefix });
  }
  process.exit(0);
}

/** `count` values of 500 bytes, each different, that compress well. */
export function compressibleValues(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}:`.padEnd(500, 'walka '));
}

/** Asserts that each key's values, in the order read, are exactly `expected` in order. */
export function assertPerKeyOrder(
  read: ReadonlyArray<{ key: string; value: string }>,
  expected: ReadonlyArray<{ key: string; value: string }>,
): void {
  const group = (records: ReadonlyArray<{ key: string; value: string }>) => Map.groupBy(records, ({ key }) => key);
  const actual = group(read);
  assert.equal(read.length, expected.length, 'the number of records read');
  for (const [key, records] of group(expected)) {
    assert.deepEqual(
      actual.get(key)?.map(({ value }) => value),
      records.map(({ value }) => value),
      `records of ${key}`,
    );
  }
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
