/** Cipher suites by the names that Java has for them (IANA's), and OpenSSL's for the same. */
import { DEFAULT_CIPHERS, getCiphers } from 'node:tls';

/** Of TLS 1.3, which OpenSSL calls the same. */
const TLS_1_3 = /^TLS_(?:AES_(?:128|256)_GCM_SHA(?:256|384)|AES_128_CCM_(?:8_)?SHA256|CHACHA20_POLY1305_SHA256)$/;
/** No suite but a signal, which Java has in the same list; OpenSSL always sends it. */
const SIGNAL = 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV';

/** OpenSSL's name, or null for what it does not have. Signals are none. */
function openSslName(name: string): string | null {
  if (TLS_1_3.test(name)) return name;
  const [, exchange = '', cipher = ''] = /^(?:TLS|SSL)_(\w+)_WITH_(\w+)$/.exec(name) ?? [];
  const short = cipher
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305')
    .replace(/^AES_(\d+)_(?:CBC_)?/, 'AES$1_');
  const full = (exchange === 'RSA' ? short : `${exchange}_${short}`).replaceAll('_', '-');
  return getCiphers().includes(full.toLowerCase()) ? full : null;
}

const isCheap = (name: string): boolean => /^TLS_AES_128_GCM|AES128-GCM/.test(name);

/** Node's suites, those with AES-128-GCM first: as safe for what they protect as AES-256, at two thirds of its cost. */
export function preferredCiphers(): string {
  const names = DEFAULT_CIPHERS.split(':');
  return [...names.filter(isCheap), ...names.filter((name) => !isCheap(name))].join(':');
}

/** What is asked for, as `ciphers` of node:tls wants it; `unknown` are names that nobody knows here. */
export interface CipherList {
  readonly ciphers: string;
  readonly hasTls12: boolean;
  readonly hasTls13: boolean;
  readonly unknown: readonly string[];
}

export function cipherList(names: readonly string[]): CipherList {
  const suites = names.filter((name) => name !== SIGNAL).map((name) => ({ name, found: openSslName(name) }));
  const found = suites.flatMap((suite) => suite.found ?? []);
  return {
    ciphers: found.join(':'),
    hasTls12: found.some((name) => !TLS_1_3.test(name)),
    hasTls13: found.some((name) => TLS_1_3.test(name)),
    unknown: suites.filter((suite) => suite.found === null).map(({ name }) => name),
  };
}
