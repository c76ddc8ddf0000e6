/** How clients of each listener say who they are; code for what no listener asks for is not loaded. */
import type { ClosingStack } from '../base/closing-stack.ts';
import { hasSasl, type Listener } from '../config/listeners.ts';
import type { Principal } from '../security/principal.ts';
import { OpenSession, type Session } from '../security/session.ts';
import type { SaslOptions } from './sasl-sessions.ts';

/**
 * Makes the session of a new connection of a listener.
 * @param certified whose certificate the client showed; ANONYMOUS where there was none, undefined without TLS
 */
export type SessionOpener = (listener: Listener, certified?: Principal) => Session;

/** `stack` closes what the sessions need. @throws ConfigError for SASL settings that cannot be served */
export async function openSessions(
  options: SaslOptions,
  listeners: readonly Listener[],
  stack: ClosingStack,
): Promise<SessionOpener> {
  const withSasl = listeners.filter(({ protocol }) => hasSasl(protocol));
  const openers =
    withSasl.length === 0 ? null : await (await import('./sasl-sessions.ts')).saslOpeners(options, withSasl, stack);
  // Who says by SASL who he is, is that, whatever his certificate says.
  return ({ name, protocol }, certified) => openers?.get(name)?.() ?? new OpenSession(protocol, certified);
}
