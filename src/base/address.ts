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

function numbers(part: string): string[] {
  return part === '' ? [] : part.split(':');
}

/** An address as Java writes it, and so Kafka: of IPv6 all eight numbers. */
export function longAddress(text: string): string {
  const [address = '', ...zone] = text.split('%');
  if (!isIPv6(address)) return text;
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [numbers(head), numbers(tail ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [[...first, ...zeros, ...last].join(':'), ...zone].join('%');
}
