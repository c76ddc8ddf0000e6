/** Addresses of hosts. */
import { lookup } from 'node:dns/promises';
import { addressOf } from './address.ts';

/** The address of a host, or an address, in the form of `addressOf`; null: there is none. */
export async function resolveAddress(name: string): Promise<string | null> {
  const own = addressOf(name);
  if (own !== null) return own;
  try {
    return addressOf((await lookup(name, { order: 'ipv4first' })).address);
  } catch {
    return null;
  }
}
