/**
 * The alerts by which a handshake ends that OpenSSL has no fault to find with.
 *
 * Node lets every certificate of a client pass and leaves it to the program to look at it, which may only close the
 * connection then. To a client that is a network that fails: it tries again for ever, instead of telling its user. So the
 * alert is made here, at a moment at which nothing has left in the state that the handshake ends in: with TLS 1.2 the
 * alert needs no encryption yet, and with 1.3 it is the first record of the application's keys (RFC 8446, 5.2 and 7.3).
 * What OpenSSL has encrypted by then must not follow it; whoever sends the alert ends the socket before the event loop goes
 * on. test/server/alerts.test.ts says if that is not so any more.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** As Java answers a client without the certificate that it must show, and one with a certificate that is not trusted. */
export const BAD_CERTIFICATE = 42;
export const CERTIFICATE_UNKNOWN = 46;

const FATAL = 2;
const ALERT = 21;
const APPLICATION_DATA = 23;
const TAG_BYTES = 16;
const IV_BYTES = 12;

interface Suite {
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyBytes: number;
  readonly hash: string;
}

const SUITES: Readonly<Record<string, Suite>> = {
  TLS_AES_128_GCM_SHA256: { cipher: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' },
  TLS_AES_256_GCM_SHA384: { cipher: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' },
  TLS_CHACHA20_POLY1305_SHA256: { cipher: 'chacha20-poly1305', keyBytes: 32, hash: 'sha256' },
};

/** Makes the alerts of one handshake; to be made before that begins. */
export class Alerts {
  readonly #socket: TLSSocket;
  /** From which the keys of the server's records come; null with TLS 1.2, which has no such. */
  #secret: Buffer | null = null;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('keylog', this.#note);
  }

  /** The record to be sent at the event 'secure', once and last; null: this cipher suite is not known here. */
  record(description: number): Buffer | null {
    const alert = [FATAL, description];
    if (this.#secret === null) return Buffer.from([ALERT, 3, 3, 0, alert.length, ...alert]);
    const suite = SUITES[this.#socket.getCipher().standardName];
    return suite === undefined ? null : sealed(suite, this.#secret, Buffer.from([...alert, ALERT]));
  }

  /** The handshake is over: keeps no secret. */
  forget(): void {
    this.#socket.off('keylog', this.#note);
    this.#secret = null;
  }

  readonly #note = (line: Buffer): void => {
    const [label, , secret = ''] = line.toString('latin1').trim().split(' ');
    if (label === 'SERVER_TRAFFIC_SECRET_0') this.#secret = Buffer.from(secret, 'hex');
  };
}

/** The first record: its number, which the nonce has, is zero. */
function sealed({ cipher, keyBytes, hash }: Suite, secret: Buffer, content: Buffer): Buffer {
  const byteLength = content.length + TAG_BYTES;
  const header = Buffer.from([APPLICATION_DATA, 3, 3, byteLength >> 8, byteLength & 0xff]);
  const key = expand(hash, secret, 'key', keyBytes);
  // Typed for each kind of cipher apart, and the same for all.
  const sealing = createCipheriv(cipher as 'chacha20-poly1305', key, expand(hash, secret, 'iv', IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  sealing.setAAD(header, { plaintextLength: content.length });
  const encrypted = Buffer.concat([sealing.update(content), sealing.final()]);
  return Buffer.concat([header, encrypted, sealing.getAuthTag()]);
}

/** HKDF-Expand-Label without a context, for as much as one hash gives. */
function expand(hash: string, secret: Buffer, name: string, byteLength: number): Buffer {
  const label = Buffer.from(`tls13 ${name}`);
  const info = Buffer.concat([Buffer.from([byteLength >> 8, byteLength & 0xff, label.length]), label, Buffer.of(0, 1)]);
  return createHmac(hash, secret).update(info).digest().subarray(0, byteLength);
}
