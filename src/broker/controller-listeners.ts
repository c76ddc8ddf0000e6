/**
 * Which of the controllers' listeners are opened. No client of the broker needs them, and many a file for Kafka has one
 * that was never of use here: so what cannot be served as its settings say stays closed, and the log says why. It never
 * opens in another way than they say.
 */
import { ClosingStack } from '../base/closing-stack.ts';
import { silentLogger } from '../base/logger.ts';
import { ConfigError } from '../config/config-error.ts';
import { checkSecurity } from '../config/listener-security.ts';
import { hasSasl, hasTls, type Listener } from '../config/listeners.ts';
import type { SaslOptions } from './sasl-sessions.ts';

/** The listeners to open, those for clients first. */
export async function listenersToOpen(options: SaslOptions): Promise<readonly Listener[]> {
  const { config, logger } = options;
  const open: Listener[] = [...config.listeners];
  for (const listener of config.controllerListeners) {
    const problem = await problemOf(options, listener);
    if (problem === null) open.push(listener);
    else {
      const text = `Listener ${listener.name} stays closed, and nothing answers --bootstrap-controller: ${problem}`;
      logger.warn('controller-listener-closed', text, { listener: listener.name });
    }
  }
  return open;
}

/** Why its TLS or SASL cannot be had; null: they can. */
async function problemOf({ config, ...others }: SaslOptions, listener: Listener): Promise<string | null> {
  // What they have to say is said when they are opened.
  const options = { ...others, config, logger: silentLogger, isTrial: true };
  try {
    checkSecurity({
      listeners: [listener],
      text: (name) => config.text(name),
      listenerText: (of, name) => config.listenerText(of, name),
    });
    if (hasTls(listener.protocol)) {
      const { TlsListeners } = await import('./tls-listeners.ts');
      (await TlsListeners.open(options, [listener])).close();
    }
    if (hasSasl(listener.protocol)) {
      const { saslOpeners } = await import('./sasl-sessions.ts');
      await using trial = new ClosingStack();
      await saslOpeners(options, [listener], trial);
    }
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
