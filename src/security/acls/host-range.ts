/** Hosts of ACLs that are ranges of addresses, `10.0.0.0/8` or `2001:db8::/32`. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const V4_BITS = 32;
const V6_BITS = 128;
const RANGE = /^([^/]+)\/(\d{1,3})$/;

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Whether a host stands for a range, or tries to: no address has a slash. */
export function isRange(host: string): boolean {
  return host.includes('/');
}

/** Of an address as people write it: with zeros before numbers, in brackets, with a zone. */
function plain(address: string): string {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return address.split('.').map(Number).join('.');
  return address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
}

/** Null: it is none. */
function parseRange(host: string): Network | null {
  const [, written = '', digits = ''] = RANGE.exec(host) ?? [];
  const address = plain(written);
  const bits = Number(digits);
  if (isIPv4(address) && bits <= V4_BITS && digits.length <= 2) return { address, bits, family: 'ipv4' };
  const isMapped = /^::ffff:\d+\./i.test(address);
  return isIPv6(address) && !isMapped && bits <= V6_BITS ? { address, bits, family: 'ipv6' } : null;
}

/** Why it is no range, or null. */
export function rangeError(host: string): string | null {
  return parseRange(host) === null ? `Invalid CIDR notation '${host}'` : null;
}

/** Addresses of a range. */
export class HostRange {
  readonly #family: 'ipv4' | 'ipv6' | null;
  readonly #addresses = new BlockList();

  /** @param host of one that is none, there are no addresses */
  constructor(host: string) {
    const network = parseRange(host);
    this.#family = network?.family ?? null;
    if (network !== null) this.#addresses.addSubnet(network.address, network.bits, network.family);
  }

  /** Whether the address is one of them. A range of IPv6 has no addresses of IPv4. */
  has(address: string): boolean {
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    return family === this.#family && this.#addresses.check(address, family);
  }
}
