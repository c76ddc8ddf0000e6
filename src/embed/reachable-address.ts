/** Where a program reaches a listener of its own broker. */

/** Where this machine reaches what listens on `host`, as addresses write it: every address is reached by the loopback. */
function reachableHost(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** As `host:port`. */
export function reachableAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${reachableHost(host)}:${port}`;
}
