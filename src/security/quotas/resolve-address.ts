/** What the name of an `ip` entity stands for. */
import { lookup } from 'node:dns/promises';

/** The address of a host, or an address, in the form in which sockets have it; null: there is none. */
export async function resolveAddress(name: string): Promise<string | null> {
  const bare = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  try {
    return canonical((await lookup(bare, { order: 'ipv4first' })).address);
  } catch {
    return null;
  }
}

function canonical(address: string): string {
  if (!address.includes(':') || !URL.canParse(`http://[${address}]`)) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
