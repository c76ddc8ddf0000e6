/** A client with TLS of Node's that keeps what records the server sends. */
import { connect as connectPlainly } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

export const RecordType = { CHANGE_CIPHER_SPEC: 20, ALERT: 21, HANDSHAKE: 22, APPLICATION_DATA: 23 } as const;

export interface TlsRecord {
  readonly type: number;
  readonly byteLength: number;
}

const HEADER_BYTES = 5;

export interface RecordedClient {
  readonly socket: TLSSocket;
  /** That have come so far. */
  readonly records: TlsRecord[];
  /** Once the server has ended the connection. */
  readonly ended: Promise<void>;
  /** Reads nothing more. */
  pause(): void;
  close(): void;
}

export function connectRecorded(port: number, options: ConnectionOptions): RecordedClient {
  const records: TlsRecord[] = [];
  const plain = connectPlainly(port, '127.0.0.1');
  const channel = new Duplex({
    read() {},
    write: (chunk: Buffer, _, done) => void plain.write(chunk, () => done()),
  });
  let rest = Buffer.alloc(0);
  plain.on('error', () => {});
  plain.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUInt16BE(3)) {
      const byteLength = rest.readUInt16BE(3);
      records.push({ type: rest.readUInt8(0), byteLength });
      rest = rest.subarray(HEADER_BYTES + byteLength);
    }
    channel.push(chunk);
  });
  const ended = new Promise<void>((resolve) => {
    plain.on('end', () => {
      channel.push(null);
      resolve();
    });
    plain.on('close', () => resolve());
  });
  const socket = connect({ socket: channel, ...options });
  const close = (): void => {
    socket.destroy();
    plain.destroy();
  };
  return { socket, records, ended, pause: () => void plain.pause(), close };
}
