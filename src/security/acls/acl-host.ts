/** What the hosts of ACLs stand for: an address, or a range of addresses, `10.0.0.0/8` or `2001:db8::/32`. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { addressOf, bareAddress } from '../../base/address.ts';

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

/** Null: it is none. */
function parseRange(host: string): Network | null {
  const [, written = '', digits = ''] = RANGE.exec(host) ?? [];
  const address = bareAddress(written);
  const bits = Number(digits);
  if (isIPv4(address) && bits <= V4_BITS && digits.length <= 2) return { address, bits, family: 'ipv4' };
  const isMapped = /^::ffff:\d+\./i.test(address);
  return isIPv6(address) && !isMapped && bits <= V6_BITS ? { address, bits, family: 'ipv6' } : null;
}

/** Why it is no range, or null. */
export function rangeError(host: string): string | null {
  return parseRange(host) === null ? `Invalid CIDR notation '${host}'` : null;
}

/** The addresses that a host stands for. */
export class AclHost {
  /** The one, or null for a range. */
  readonly #address: string | null;
  readonly #range: { readonly family: 'ipv4' | 'ipv6'; readonly addresses: BlockList } | null;

  /** @param host of one that is neither address nor range, there are no addresses */
  constructor(host: string) {
    const network = parseRange(host);
    this.#address = network === null ? addressOf(host) : null;
    this.#range = network && { family: network.family, addresses: new BlockList() };
    if (network !== null) this.#range?.addresses.addSubnet(network.address, network.bits, network.family);
  }

  /**
   * Whether the address is one of them. A range of IPv6 has no addresses of IPv4.
   * @param address in the form of `addressOf`
   */
  has(address: string): boolean {
    if (this.#range === null) return this.#address !== null && this.#address === address;
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    return family === this.#range.family && this.#range.addresses.check(address, family);
  }
}
