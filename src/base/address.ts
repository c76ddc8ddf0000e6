/** Addresses of machines, whatever way they are written in. */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/** An address without what people add to it: zeros before numbers, brackets, a zone. */
export function bareAddress(text: string): string {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text.split('.').map(Number).join('.');
  return text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
}

/**
 * The one form of an address, by which those that are the same are equal: of IPv6 the short one that Node has, without a
 * zone, and IPv4 by itself where IPv6 wraps it. Null: it is no address.
 */
export function addressOf(text: string): string | null {
  const bare = bareAddress(text);
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return null;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  const inner = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
  return isIPv4(inner) ? inner : address;
}
