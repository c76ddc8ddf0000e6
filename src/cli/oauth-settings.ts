/** OAUTHBEARER by the settings of a Kafka client (KIP-768, KIP-1139): where its tokens come from. */
import { fileURLToPath } from 'node:url';
import { systemClock } from '../base/clock.ts';
import type { SaslLogin } from '../client/security.ts';
import { ConfigError } from '../config/config-error.ts';
import { JaasError } from '../security/sasl/jaas.ts';
import { bearerLogin, type TokenSource } from '../security/sasl/oauth/bearer-login.ts';
import type { TokenRequest } from '../security/sasl/oauth/token-endpoint.ts';
import { fileText, numberOf, type Values } from './client-values.ts';
import { ASSERTION, assertionOf } from './oauth-assertion.ts';

const JAAS = 'sasl.jaas.config';
const HANDLER = 'sasl.login.callback.handler.class';
const RETRIEVER = 'sasl.oauthbearer.jwt.retriever.class';
const ENDPOINT = 'sasl.oauthbearer.token.endpoint.url';
const CREDENTIALS = 'sasl.oauthbearer.client.credentials.client';
const PACKAGE = 'org.apache.kafka.common.security.oauthbearer';
const UNSECURED = `${PACKAGE}.internals.unsecured.OAuthBearerUnsecuredLoginCallbackHandler`;
/** Names of today and of former days. */
const SECURED: readonly string[] = [
  `${PACKAGE}.OAuthBearerLoginCallbackHandler`,
  `${PACKAGE}.secured.OAuthBearerLoginCallbackHandler`,
];
const BY_ASSERTION = `${PACKAGE}.JwtBearerJwtRetriever`;
const RETRIEVERS: readonly string[] = [
  `${PACKAGE}.DefaultJwtRetriever`,
  `${PACKAGE}.ClientCredentialsJwtRetriever`,
  `${PACKAGE}.FileJwtRetriever`,
  BY_ASSERTION,
];
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CLIENT_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TIMEOUT_MS = '10000';

/** @param jaas options of the login module @throws ConfigError */
export async function oauthLogin(values: Values, jaas: ReadonlyMap<string, string>): Promise<SaslLogin> {
  const handler = values.get(HANDLER)?.trim() ?? '';
  if (handler !== '' && handler !== UNSECURED && !SECURED.includes(handler)) {
    throw new ConfigError(`${HANDLER}: ${handler} cannot be run here: write ${SECURED[0]}`);
  }
  const isUnsecured = handler === UNSECURED || (handler === '' && (values.get(ENDPOINT) ?? '') === '');
  const prefix = isUnsecured ? 'unsecuredLoginExtension_' : 'extension_';
  const extensions = [...jaas].flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
  );
  const wrong = extensions.find(
    ([name, value]) => !/^(?!auth$)[A-Za-z]+$/.test(name) || !/^[\x21-\x7e \t\r\n]+$/.test(value),
  );
  if (wrong !== undefined) throw new ConfigError(`${JAAS}: ${prefix}${wrong[0]} is no extension`);
  const source = isUnsecured ? await unsecuredSource(jaas) : await providedSource(values, jaas);
  return bearerLogin(source, new Map(extensions));
}

async function unsecuredSource(jaas: ReadonlyMap<string, string>): Promise<TokenSource> {
  const { unsecuredTokens } = await import('../security/sasl/oauth/unsecured-token.ts');
  try {
    return unsecuredTokens(jaas, systemClock);
  } catch (error) {
    throw error instanceof JaasError ? new ConfigError(`${JAAS}: ${error.message}`) : error;
  }
}

async function providedSource(values: Values, jaas: ReadonlyMap<string, string>): Promise<TokenSource> {
  const text = values.get(ENDPOINT)?.trim() ?? '';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['https:', 'http:', 'file:'].includes(url.protocol)) {
    throw new ConfigError(`${ENDPOINT}: it is not an address that begins with https:, http: or file:`);
  }
  const retriever = values.get(RETRIEVER)?.trim() || RETRIEVERS[0];
  if (retriever === undefined || !RETRIEVERS.includes(retriever)) {
    throw new ConfigError(`${RETRIEVER}: ${retriever} cannot be run here: leave it out`);
  }
  if (url.protocol === 'file:') return { token: async () => (await fileText(fileURLToPath(url))).trim() };
  const { TokenEndpoint } = await import('../security/sasl/oauth/token-endpoint.ts');
  const { jaasTls } = await import('../security/tls/client-tls.ts');
  const form = retriever === BY_ASSERTION ? assertionForm(values) : credentialsForm(values, jaas);
  return new TokenEndpoint({
    clock: systemClock,
    url,
    tls: await jaasTls(jaas, JAAS),
    timeoutMs: numberOf(values, 'sasl.login.read.timeout.ms', TIMEOUT_MS),
    retryMs: numberOf(values, 'sasl.login.retry.backoff.ms', '100'),
    retryMaxMs: numberOf(values, 'sasl.login.retry.backoff.max.ms', '10000'),
    request: form,
  });
}

/** The grant of RFC 7523. @throws ConfigError */
function assertionForm(values: Values): () => Promise<TokenRequest> {
  const assertion = assertionOf(values);
  if (assertion === null) throw new ConfigError(`${ASSERTION}.claim.iss: it is needed, or ${ASSERTION}.file`);
  const scope = values.get('sasl.oauthbearer.scope') ?? '';
  return async () => ({ headers: {}, fields: { grant_type: JWT_BEARER, assertion: await assertion(), scope } });
}

/** Client credentials (RFC 6749), with a secret, or an assertion in its place. @throws ConfigError */
function credentialsForm(values: Values, jaas: ReadonlyMap<string, string>): () => Promise<TokenRequest> {
  const id = values.get(`${CREDENTIALS}.id`) ?? jaas.get('clientId') ?? '';
  const secret = values.get(`${CREDENTIALS}.secret`) ?? jaas.get('clientSecret') ?? '';
  const scope = values.get('sasl.oauthbearer.scope') ?? jaas.get('scope') ?? '';
  const form = { grant_type: 'client_credentials', scope };
  const assertion = assertionOf(values);
  if (assertion !== null) {
    const fields = { ...form, client_assertion_type: CLIENT_ASSERTION, client_id: id };
    return async () => ({ headers: {}, fields: { ...fields, client_assertion: await assertion() } });
  }
  if (id.trim() === '') throw new ConfigError(`${CREDENTIALS}.id: it is needed to get a token`);
  if (secret.trim() === '') throw new ConfigError(`${CREDENTIALS}.secret: it is needed to get a token`);
  const isEncoded = values.get('sasl.oauthbearer.header.urlencode')?.trim().toLowerCase() === 'true';
  const pair = [id.trim(), secret.trim()].map((part) => (isEncoded ? encodeURIComponent(part) : part)).join(':');
  const headers = { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  return async () => ({ headers, fields: form });
}
