/** What settings say of who may connect and do what, as far as it can be told from them alone. */
import { ConfigError } from './config-error.ts';
import type { Listener } from './listeners.ts';
import { splitList } from './value.ts';

const MECHANISMS: readonly string[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];
const ENABLED = 'sasl.enabled.mechanisms';
const AUTHORIZER = 'authorizer.class.name';

export interface SecuritySettings {
  readonly listeners: readonly Listener[];
  text(name: string): string | null;
  listenerText(listener: string, name: string): string | null;
}

/** SASL mechanisms of a listener. */
export function saslMechanisms(settings: Pick<SecuritySettings, 'listenerText'>, listener: string): readonly string[] {
  return splitList(settings.listenerText(listener, ENABLED) ?? '');
}

/** A broker that is open where it was told to be closed is the worst answer. @throws ConfigError */
export function checkSecurity(settings: SecuritySettings): void {
  const withSasl = settings.listeners.filter(({ protocol }) => protocol === 'SASL_PLAINTEXT');
  if (withSasl.length > 0 && (settings.text(AUTHORIZER) ?? '') !== '') {
    const text = 'ACLs are not served yet: leave it out if everybody who authenticates may do everything';
    throw new ConfigError(`${AUTHORIZER}: ${text}`, [AUTHORIZER]);
  }
  for (const { name: listener } of withSasl) {
    const names = saslMechanisms(settings, listener);
    const wrong = names.length === 0 ? 'no mechanism' : names.find((name) => !MECHANISMS.includes(name));
    if (wrong === undefined) continue;
    const text = `${listener} has ${wrong}, and PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are served`;
    throw new ConfigError(`${ENABLED}: ${text}`, [ENABLED]);
  }
}
