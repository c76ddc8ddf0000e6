/** How clients of each listener say who they are; code for what no listener asks for is not loaded. */
import { OpenSession, type Session } from '../security/session.ts';
import type { SaslOptions } from './sasl-sessions.ts';

/** Makes the session of a new connection of a listener. @throws ConfigError for SASL settings that cannot be served */
export async function openSessions(options: SaslOptions): Promise<(listenerName: string) => Session> {
  const withSasl = options.config.listeners.filter(({ protocol }) => protocol === 'SASL_PLAINTEXT');
  if (withSasl.length === 0) return () => new OpenSession();
  const { saslOpeners } = await import('./sasl-sessions.ts');
  const openers = saslOpeners(options, withSasl);
  return (name) => openers.get(name)?.() ?? new OpenSession();
}
