/** What settings say of who may connect and do what, as far as it can be told from them alone. */
import { ConfigError } from './config-error.ts';
import { hasSasl, hasTls, type Listener } from './listeners.ts';
import { DEFAULT_PRINCIPAL_BUILDER } from './settings/security.ts';
import { splitList } from './value.ts';

const MECHANISMS: readonly string[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];
const ENABLED = 'sasl.enabled.mechanisms';
const KEYSTORES = ['ssl.keystore.location', 'ssl.keystore.certificate.chain'];
const AUTHORIZER = 'authorizer.class.name';
const SUPER_USERS = 'super.users';
const PRINCIPAL_BUILDER = 'principal.builder.class';
/** Classes that hold clients back or refuse what they ask for, and what is there in their place. */
const RESTRICTING_CLASSES: ReadonlyArray<readonly [setting: string, instead: string]> = [
  ['client.quota.callback.class', 'quotas are those that kafka-configs.sh sets'],
  ['create.topic.policy.class.name', 'whoever may create topics may create any'],
  ['alter.config.policy.class.name', 'whoever may change settings may change any'],
];
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
  checkRestrictingClasses(settings);
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
function checkRestrictingClasses(settings: SecuritySettings): void {
  for (const [setting, instead] of RESTRICTING_CLASSES) {
    const name = settings.text(setting) ?? '';
    if (name === '') continue;
    throw new ConfigError(`${setting}: ${name} cannot be loaded here; leave it out, and ${instead}`, [setting]);
  }
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
  if (wrong !== undefined) {
    throw new ConfigError(`${SUPER_USERS}: ${wrong} is not of the form User:name`, [SUPER_USERS]);
  }
  if (name !== '') checkPrincipalBuilders(settings);
}

/** ACLs are of names: where others would be made of what clients show, they would be others' rights. */
function checkPrincipalBuilders(settings: SecuritySettings): void {
  for (const { name: listener, protocol } of settings.listeners) {
    const builder = settings.listenerText(listener, PRINCIPAL_BUILDER) ?? '';
    const hasNames = hasSasl(protocol) || hasTls(protocol);
    if (!hasNames || builder === '' || builder === DEFAULT_PRINCIPAL_BUILDER) continue;
    const text = `${builder} of ${listener} cannot be loaded here, and ACLs would be of other names than it gives`;
    throw new ConfigError(`${PRINCIPAL_BUILDER}: ${text}`, [PRINCIPAL_BUILDER]);
  }
}
