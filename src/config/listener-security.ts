/** What settings say of who may connect and do what, as far as it can be told from them alone. */
import { ConfigError } from './config-error.ts';
import { hasSasl, hasTls, type Listener } from './listeners.ts';
import { splitList } from './value.ts';

const MECHANISMS: readonly string[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];
const ENABLED = 'sasl.enabled.mechanisms';
const KEYSTORES = ['ssl.keystore.location', 'ssl.keystore.certificate.chain'];
const AUTHORIZER = 'authorizer.class.name';
const SUPER_USERS = 'super.users';
const QUOTA_CALLBACK = 'client.quota.callback.class';
/** Kafka's names, of today and of former days, for what decides by ACLs. */
const AUTHORIZERS: readonly string[] = [
  'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'kafka.security.authorizer.AclAuthorizer',
  'kafka.security.auth.SimpleAclAuthorizer',
];

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
  checkAuthorizer(settings);
  checkTls(settings);
  checkQuotaCallback(settings);
  const withSasl = settings.listeners.filter(({ protocol }) => hasSasl(protocol));
  for (const { name: listener } of withSasl) {
    const names = saslMechanisms(settings, listener);
    const wrong = names.length === 0 ? 'no mechanism' : names.find((name) => !MECHANISMS.includes(name));
    if (wrong === undefined) continue;
    const text = `${listener} has ${wrong}, and PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER are served`;
    throw new ConfigError(`${ENABLED}: ${text}`, [ENABLED]);
  }
}

/** Without the class nobody would be held back. */
function checkQuotaCallback(settings: SecuritySettings): void {
  const name = settings.text(QUOTA_CALLBACK) ?? '';
  if (name === '') return;
  const text = `${name} cannot be loaded here; leave it out, and quotas are those that kafka-configs.sh sets`;
  throw new ConfigError(`${QUOTA_CALLBACK}: ${text}`, [QUOTA_CALLBACK]);
}

/** What there must be of certificates; whether it can be used is seen when they are read. */
function checkTls(settings: SecuritySettings): void {
  for (const { name, protocol } of settings.listeners) {
    const given = KEYSTORES.some((setting) => settings.listenerText(name, setting));
    if (!hasTls(protocol) || given) continue;
    const text = `${name} is ${protocol}, and there is neither ${KEYSTORES.join(' nor ')} for its certificate`;
    throw new ConfigError(`listeners: ${text}`, ['listeners', ...KEYSTORES]);
  }
}

/** Super users are `type:name`, with semicolons between, as names may have commas. */
export function superUsers(text: string): readonly string[] {
  return text
    .split(';')
    .map((user) => user.trim())
    .filter((user) => user !== '');
}

function checkAuthorizer(settings: SecuritySettings): void {
  const name = settings.text(AUTHORIZER) ?? '';
  if (name !== '' && !AUTHORIZERS.includes(name)) {
    throw new ConfigError(`${AUTHORIZER}: ${name} is not served; write ${AUTHORIZERS[0]} for ACLs`, [AUTHORIZER]);
  }
  const wrong = superUsers(settings.text(SUPER_USERS) ?? '').find((user) => !/^[^:]+:/.test(user));
  if (wrong === undefined) return;
  throw new ConfigError(`${SUPER_USERS}: ${wrong} is not of the form User:name`, [SUPER_USERS]);
}
