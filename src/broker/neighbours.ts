/** Which clients are on a network of this machine: a container's neighbours, and not those that come by its gateway. */
import { networkInterfaces } from 'node:os';

/** Addresses of this machine, as `os.networkInterfaces` gives them. */
export type Interfaces = () => NodeJS.Dict<
  readonly { family: string; internal: boolean; address: string; netmask: string }[]
>;

/** The 32 bits of an IPv4 address, also of one inside an IPv6 address; null for others. */
function bits(address: string): number | null {
  const parts = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address)?.slice(1).map(Number);
  return parts === undefined ? null : parts.reduce((sum, part) => ((sum << 8) | part) >>> 0, 0);
}

/**
 * Whether a client reaches this machine at its own address: it is on the same network, and neither this machine itself
 * nor the network's first address. That is the gateway of a container's network, where all come from that connect to a
 * published port. Clients by IPv6 are neighbours: no gateway speaks for them.
 */
export function isNeighbour(remoteHost: string, interfaces: Interfaces = networkInterfaces): boolean {
  const remote = bits(remoteHost);
  if (remote === null) return true;
  for (const { family, internal, address, netmask } of Object.values(interfaces()).flatMap((found) => found ?? [])) {
    const [own, mask] = [bits(address), bits(netmask)];
    if (family !== 'IPv4' || internal || own === null || mask === null) continue;
    const network = (own & mask) >>> 0;
    if ((remote & mask) >>> 0 === network) return remote !== own && remote !== network + 1;
  }
  return false;
}
