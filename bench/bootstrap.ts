/** Where a broker is, as the programs that make the load are told: `host:port`, or `tls://host:port?ca=FILE`. */

export interface Bootstrap {
  readonly host: string;
  readonly port: number;
  /** The file, as PEM, with whoever vouches for the broker's certificate; null: no TLS. */
  readonly caFile: string | null;
}

export function tlsBootstrap(address: string, caFile: string): string {
  return `tls://${address}?ca=${encodeURIComponent(caFile)}`;
}

export function parseBootstrap(text: string): Bootstrap {
  const url = new URL(text.startsWith('tls://') ? text : `tcp://${text}`);
  return { host: url.hostname, port: Number(url.port), caFile: url.searchParams.get('ca') };
}
