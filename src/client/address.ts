/** Where brokers are: `host:port`, several joined by commas; an IPv6 host stands in brackets. */

export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What clients connect to where nobody says another port. */
const DEFAULT_PORT = 9092;

/** The addresses, or null when the text is none. Without a port it is 9092. */
export function parseAddresses(text: string): Address[] | null {
  const addresses: Address[] = [];
  for (const element of text.split(',').map((part) => part.trim())) {
    const match = /^(?:\[([\w.:%]+)\]|([\w.-]*))(?::(\d{1,5}))?$/.exec(element);
    const host = match?.[1] ?? match?.[2] ?? '';
    const port = Number(match?.[3] ?? DEFAULT_PORT);
    if (match === null || (host === '' && match[3] === undefined) || port < 1 || port > 65_535) return null;
    addresses.push({ host: host === '' ? '127.0.0.1' : host, port });
  }
  return addresses;
}

export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
