/** TLS handshakes: what comes between a socket that was admitted and its connection. */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Principal } from '../security/principal.ts';
import type { TlsListener } from '../security/tls/types.ts';

export interface Handshake {
  readonly tls: TlsListener;
  /** The handshake is done. */
  readonly onSecure: (socket: Socket, certified: Principal) => void;
  /** It came to nothing, and the socket has closed. */
  readonly onClosed: () => void;
}

export class Handshakes {
  readonly #sockets = new Set<Socket>();

  start(accepted: Socket, { tls, onSecure, onClosed }: Handshake): void {
    const { clientAuth } = tls;
    const context = tls.context(null);
    const socket = new TLSSocket(accepted, {
      isServer: true,
      secureContext: context,
      ...(tls.hasServerNames && { SNICallback: (name, done) => done(null, otherThan(context, tls.context(name))) }),
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
    });
    const closed = (): void => {
      this.#sockets.delete(socket);
      onClosed();
    };
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', closed);
    socket.once('secure', () => {
      const certificate = clientAuth === 'none' ? null : socket.getPeerX509Certificate();
      const error = (socket as unknown as { ssl: { verifyError(): Error | null } }).ssl.verifyError();
      if (certificate !== null && certificate !== undefined && error !== null) {
        socket.destroy();
        return;
      }
      const certified = tls.principal(certificate ? socket.getPeerCertificate() : null);
      if (certified === null) {
        socket.destroy();
        return;
      }
      this.#sockets.delete(socket);
      socket.off('close', closed);
      onSecure(socket, certified);
    });
  }

  /** Ends all that are under way. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Nothing where it is the same: Node takes but one certificate out of a context that is chosen by name. */
function otherThan(context: SecureContext, named: SecureContext): SecureContext | undefined {
  return named === context ? undefined : named;
}
