/** One handshake, by Node's TLS. */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Principal } from '../../security/principal.ts';
import type { TlsListener } from '../../security/tls/types.ts';
import { Alerts, BAD_CERTIFICATE, CERTIFICATE_UNKNOWN } from './alerts.ts';
import { HandshakeFailure } from './handshake-failure.ts';

export interface HandshakeEnd {
  done(secured: TLSSocket, certified: Principal): void;
  /** The callee ends the socket at once, after what was written to it. */
  failed(error: unknown): void;
}

/** What Node has of a connection's verification, in no public place where its servers did not make the connection. */
interface Verified {
  readonly ssl: { verifyError(): (Error & { readonly code?: string }) | null } | null;
}

/** Begins the handshake on a socket, of which a few bytes may have been read and put back. */
export function handshake(accepted: Socket, tls: TlsListener, { done, failed }: HandshakeEnd): void {
  const { clientAuth } = tls;
  const context = tls.context(null);
  const socket = new TLSSocket(accepted, {
    isServer: true,
    secureContext: context,
    requestCert: clientAuth !== 'none',
    // OpenSSL would have another alert for who shows none.
    rejectUnauthorized: false,
    ...(tls.hasServerNames && {
      SNICallback: (name, answer) => answer(null, otherThan(context, tls.context(name))),
    }),
  });
  const alerts = clientAuth === 'none' ? null : new Alerts(socket);
  const onError = (error: Error): void => failed(readable(error));
  const onEnd = (): void => failed(new HandshakeFailure('closed', 'the client left'));
  socket.on('error', onError);
  socket.on('end', onEnd);
  socket.once('secure', () => {
    const certificate = clientAuth === 'none' ? null : certificateOf(socket);
    if (certificate instanceof HandshakeFailure || (certificate === null && clientAuth === 'required')) {
      const alert = alerts?.record(certificate === null ? BAD_CERTIFICATE : CERTIFICATE_UNKNOWN) ?? null;
      if (alert !== null) accepted.write(alert);
      failed(certificate ?? new HandshakeFailure('certificate', 'the client showed no certificate'));
      return;
    }
    alerts?.forget();
    const certified = tls.principal(certificate);
    if (certified === null) {
      failed(new HandshakeFailure('certificate', `no mapping rule has a name for the client's ${subjectOf(socket)}`));
      return;
    }
    socket.off('error', onError).off('end', onEnd);
    done(socket, certified);
  });
}

/** What the client showed, or why it does not count; null: nothing. */
function certificateOf(socket: TLSSocket): ReturnType<TLSSocket['getPeerCertificate']> | HandshakeFailure | null {
  const certificate = socket.getPeerCertificate();
  if (Object.keys(certificate).length === 0) return null;
  const error = (socket as unknown as Verified).ssl?.verifyError();
  if (error === null || error === undefined) return certificate;
  return new HandshakeFailure(
    'certificate',
    `the client's certificate ${subjectOf(socket)} is not trusted: ${error.message}`,
  );
}

function subjectOf(socket: TLSSocket): string {
  return JSON.stringify(socket.getPeerX509Certificate()?.subject?.replaceAll('\n', ', ') ?? '');
}

/** Nothing where it is the same: Node takes but one certificate out of a context that is chosen by name. */
function otherThan(context: SecureContext, named: SecureContext): SecureContext | undefined {
  return named === context ? undefined : named;
}

/** OpenSSL's words without where in its code they come from. */
function readable(error: Error): Error {
  const { reason } = error as { readonly reason?: unknown };
  if (typeof reason === 'string') error.message = reason;
  return error;
}
