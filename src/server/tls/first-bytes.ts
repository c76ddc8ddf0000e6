/** What a client's first bytes on a listener with TLS are. */

/** Type of the record that a handshake begins with. */
const HANDSHAKE_RECORD = 0x16;

/** What Kafka answers to what is no TLS: the alert internal_error. */
export const REFUSAL = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50]);

/** Bytes of a request before its client id, with the length of that and of the frame. */
const CLIENT_ID_AT = 14;
const LONGEST_CLIENT_ID = 100;

/** Whether they may begin a handshake. There must be one byte. */
export function isTls(bytes: Buffer): boolean {
  return bytes[0] === HANDSHAKE_RECORD;
}

/** What else they are, for the log. */
export function describePlaintext(bytes: Buffer): string {
  if (/^(?:GET|HEAD|POST|PUT|OPTIONS|PRI) /.test(bytes.toString('latin1', 0, 8))) return 'the client speaks HTTP';
  const clientId = clientIdOf(bytes);
  if (clientId === null) return 'what the client sends is no TLS';
  const named = clientId === '' ? 'the client' : `the client ${JSON.stringify(clientId)}`;
  return `${named} speaks Kafka without TLS (security.protocol=PLAINTEXT or SASL_PLAINTEXT)`;
}

/** Of a Kafka request; empty where it has none, null where it is no such request. */
function clientIdOf(bytes: Buffer): string | null {
  if (bytes.length < CLIENT_ID_AT) return null;
  const [frameBytes, apiKey, version, length] = [
    bytes.readInt32BE(0),
    bytes.readInt16BE(4),
    bytes.readInt16BE(6),
    bytes.readInt16BE(12),
  ];
  const isRequest = frameBytes >= CLIENT_ID_AT - 4 && apiKey >= 0 && apiKey < 200 && version >= 0 && version < 30;
  if (!isRequest || length < -1 || length > bytes.length - CLIENT_ID_AT) return null;
  return bytes.toString('utf8', CLIENT_ID_AT, CLIENT_ID_AT + Math.min(Math.max(length, 0), LONGEST_CLIENT_ID));
}
