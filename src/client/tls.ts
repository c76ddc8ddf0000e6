/** TLS of a client's connection. */
import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { messageOf } from '../base/realms.ts';
import { type Address, addressText } from './address.ts';
import type { ConnectionOptions } from './connection.ts';
import { ClientError } from './errors.ts';
import type { ClientTls } from './security.ts';

/** Codes of what a port answers that has no TLS. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER|HTTP_REQUEST|^ECONNRESET$|^EPIPE$/;
/** Codes of a certificate that is not trusted, as OpenSSL and Node name them. */
const UNTRUSTED = /CERT|UNABLE_TO|^ERR_TLS_CERT/;

function failure(error: Error, address: Address): ClientError {
  const at = addressText(address);
  const { code = '', reason } = error as { readonly code?: string; readonly reason?: string };
  if (code.includes('_ALERT_')) {
    return new ClientError('TLS', `${at} refuses the TLS handshake: ${reason ?? code}`, { cause: error });
  }
  if (UNTRUSTED.test(code)) {
    const hint = code.includes('ALTNAME') ? '' : ' (ssl.truststore.location says whom to trust)';
    return new ClientError('TLS', `the certificate of ${at} is not accepted: ${messageOf(error)}${hint}`, {
      cause: error,
    });
  }
  if (NO_TLS.test(code)) return new ClientError('TLS', `${at} has no TLS (security.protocol?)`, { cause: error });
  return new ClientError('TLS', `no TLS with ${at}: ${messageOf(error)}`, { cause: error });
}

/** Makes TLS of a connection. @throws ClientError TLS, TIMED_OUT; as a rejection */
export async function secured(
  plain: Socket,
  address: Address,
  { checksHost, ...options }: ClientTls,
  { clock, connectTimeoutMs }: Pick<ConnectionOptions, 'clock' | 'connectTimeoutMs'>,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const { host } = address;
  const socket = connect({
    ...options,
    socket: plain,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(!checksHost && { checkServerIdentity: () => undefined }),
  });
  const fail = (error: Error): void => {
    plain.destroy();
    reject(error instanceof ClientError ? error : failure(error, address));
  };
  const timer = clock.setTimer(connectTimeoutMs, () =>
    socket.destroy(new ClientError('TIMED_OUT', `the TLS handshake with ${addressText(address)} took too long`)),
  );
  socket.once('error', fail);
  socket.once('secureConnect', () => {
    timer.cancel();
    socket.off('error', fail);
    resolve(socket);
  });
  return promise.finally(() => timer.cancel());
}
