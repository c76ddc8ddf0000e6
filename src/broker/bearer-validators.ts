/** How tokens of OAUTHBEARER are checked on a listener, as its settings have it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { JSONWebKeySet, JWK } from 'jose';
import type { Clock } from '../base/clock.ts';
import type { ClosingStack } from '../base/closing-stack.ts';
import type { Logger } from '../base/logger.ts';
import { isError } from '../base/realms.ts';
import { exchangeHttp } from '../client/http-exchange.ts';
import type { ClientTls } from '../client/security.ts';
import { ConfigError } from '../config/config-error.ts';
import { splitList } from '../config/value.ts';
import type { JaasEntry } from '../security/sasl/jaas.ts';
import type { BearerValidator } from '../security/sasl/oauth/bearer-exchange.ts';
import { ProviderKeys } from '../security/sasl/oauth/provider-keys.ts';
import { UnsecuredValidator } from '../security/sasl/oauth/unsecured.ts';
import { jaasTls } from '../security/tls/client-tls.ts';

export interface BearerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Providers are asked for nothing. */
  readonly isTrial?: boolean;
  /** A setting's text for this listener and mechanism, or null. */
  text(setting: string): string | null;
  /** Options of the login module, where JAAS has one. */
  readonly jaas: JaasEntry | undefined;
}

const HANDLER = 'sasl.server.callback.handler.class';
const URL_OF_KEYS = 'sasl.oauthbearer.jwks.endpoint.url';
const JWT_VALIDATOR = 'sasl.oauthbearer.jwt.validator.class';
const PACKAGE = 'org.apache.kafka.common.security.oauthbearer';
const UNSECURED = `${PACKAGE}.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`;
/** Names of what checks signatures, of today and of former days. */
const SECURED: readonly string[] = [
  `${PACKAGE}.OAuthBearerValidatorCallbackHandler`,
  `${PACKAGE}.secured.OAuthBearerValidatorCallbackHandler`,
];
const JWT_VALIDATORS: readonly string[] = [`${PACKAGE}.DefaultJwtValidator`, `${PACKAGE}.BrokerJwtValidator`];
/** A provider that takes longer is not there. */
const TIMEOUT_MS = 10_000;

function wrong(setting: string, text: string): ConfigError {
  return new ConfigError(`${setting}: ${text}`, [setting]);
}

/** `stack` ends what loads keys. @throws ConfigError where tokens could not be checked as the settings say */
export async function openBearerValidator(options: BearerOptions, stack: ClosingStack): Promise<BearerValidator> {
  const handler = options.text(HANDLER) ?? '';
  if (handler === UNSECURED) return unsecured(options);
  if (handler !== '' && !SECURED.includes(handler)) {
    throw wrong(HANDLER, `${handler} cannot be run here: write ${SECURED[0]}, or leave it out`);
  }
  if ((options.text(URL_OF_KEYS) ?? '') === '') {
    const forTests = `For tests, ${HANDLER}=${UNSECURED} takes tokens that nobody signed, from anybody`;
    throw wrong(URL_OF_KEYS, `OAUTHBEARER needs the keys of who signs its tokens (https, http or file). ${forTests}.`);
  }
  return signed(options, stack);
}

function unsecured({ clock, logger, jaas }: BearerOptions): BearerValidator {
  const option = (name: string): string | undefined => jaas?.options.get(`unsecuredValidator${name}`);
  const skewMs = Number(option('AllowableClockSkewMs') ?? 0);
  if (!Number.isInteger(skewMs) || skewMs < 0) {
    throw wrong('sasl.jaas.config', 'unsecuredValidatorAllowableClockSkewMs is not a number of ms');
  }
  const text = 'OAUTHBEARER takes tokens that nobody signed: whoever connects may say that he is anybody';
  logger.warn('unsecured-tokens', `${text}. It is for tests only.`);
  return new UnsecuredValidator({
    clock,
    subjectClaim: option('PrincipalClaimName') ?? 'sub',
    scopeClaim: option('ScopeClaimName') ?? 'scope',
    requiredScopes: (option('RequiredScope') ?? '').split(/\s+/).filter((scope) => scope !== ''),
    skewMs,
  });
}

async function signed(options: BearerOptions, stack: ClosingStack): Promise<BearerValidator> {
  const { clock, text } = options;
  const validator = text(JWT_VALIDATOR) ?? '';
  if (validator !== '' && !JWT_VALIDATORS.includes(validator)) {
    throw wrong(JWT_VALIDATOR, `${validator} cannot be run here: leave it out`);
  }
  const audience = splitList(text('sasl.oauthbearer.expected.audience') ?? '');
  const issuer = text('sasl.oauthbearer.expected.issuer') || null;
  checkExpected(text, 'audience', audience.length > 0);
  checkExpected(text, 'issuer', issuer !== null);
  const { SignedValidator } = await import('../security/sasl/oauth/signed.ts');
  const number = (setting: string): number => Number(text(setting));
  return new SignedValidator(
    {
      clock,
      keys: await openKeys({ ...options, number }, stack),
      issuer,
      audience,
      skewSeconds: number('sasl.oauthbearer.clock.skew.seconds'),
      subjectClaim: text('sasl.oauthbearer.sub.claim.name') || 'sub',
      scopeClaim: text('sasl.oauthbearer.scope.claim.name') || 'scope',
    },
    await import('jose'),
  );
}

/** As in Kafka, tokens for others and of others are taken only where somebody says so. @throws ConfigError */
function checkExpected(text: BearerOptions['text'], claim: 'audience' | 'issuer', isSet: boolean): void {
  const [expected, unverified] = [`sasl.oauthbearer.expected.${claim}`, `sasl.oauthbearer.allow.unverified.${claim}`];
  if (isSet || text(unverified) === 'true') return;
  throw wrong(expected, `it is not set, so tokens with any ${claim} would count; write it, or ${unverified}=true`);
}

interface KeyOptions extends BearerOptions {
  number(setting: string): number;
}

/** Of a file that cannot be read there is no way on; a provider may come later. @throws ConfigError */
async function openKeys(options: KeyOptions, stack: ClosingStack): Promise<ProviderKeys> {
  const { clock, logger, text, number, jaas, isTrial = false } = options;
  const address = text(URL_OF_KEYS) ?? '';
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !['https:', 'http:', 'file:'].includes(url.protocol)) {
    throw wrong(URL_OF_KEYS, 'it is not an address that begins with https:, http: or file:');
  }
  const isFile = url.protocol === 'file:';
  // Read anew each time, as whom to trust may change.
  const tls = (): Promise<ClientTls | null> => jaasTls(jaas?.options ?? new Map(), 'sasl.jaas.config');
  await tls();
  let hasStarted = false;
  const keys = new ProviderKeys({
    clock,
    load: () => (isFile ? readKeys(url) : tls().then((known) => fetchKeys(url, known))),
    refreshMs: number('sasl.oauthbearer.jwks.endpoint.refresh.ms'),
    retryMs: number('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms'),
    retryMaxMs: number('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms'),
    onFailure: (error) => {
      const why = isError(error) ? error.message : String(error);
      if (isFile && !hasStarted) throw wrong(URL_OF_KEYS, `the keys cannot be read: ${why}`);
      const then = keys.current === null ? 'nobody logs in with a token until then' : 'those from before count on';
      logger.warn('provider-keys-failed', `Keys for tokens cannot be had (${why}); it is tried again, and ${then}`);
    },
  });
  stack.adopt(keys, (opened) => opened.close());
  if (isFile || !isTrial) await keys.start();
  hasStarted = true;
  return keys;
}

function parseKeys(text: string): JSONWebKeySet {
  const value = JSON.parse(text) as Partial<JSONWebKeySet> | null;
  if (!Array.isArray(value?.keys)) throw new Error('it is not a set of keys in JSON');
  const keys = value.keys.filter(isKey);
  // Keys of kinds that are not known are to be passed over (RFC 7517).
  if (keys.length === 0 && value.keys.length > 0) throw new Error('there is no key in it');
  return { keys };
}

function isKey(value: Partial<JWK> | null): value is JWK {
  return typeof value === 'object' && typeof value?.kty === 'string';
}

async function readKeys(url: URL): Promise<JSONWebKeySet> {
  return parseKeys(await readFile(fileURLToPath(url), 'utf8'));
}

async function fetchKeys(url: URL, tls: ClientTls | null): Promise<JSONWebKeySet> {
  const { status, text } = await exchangeHttp(url, { tls, timeoutMs: TIMEOUT_MS });
  if (status !== 200) throw new Error(`the provider answered ${status}`);
  return parseKeys(text);
}
