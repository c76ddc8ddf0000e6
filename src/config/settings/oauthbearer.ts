/** OAUTHBEARER: who makes tokens, and what of them is checked. */
import { setting, type Setting } from '../setting.ts';

export const OAUTHBEARER_SETTINGS: readonly Setting[] = [
  setting(
    'sasl.oauthbearer.allow.unverified.audience',
    'boolean',
    false,
    'Accepts tokens without a look at their audience, where no audience is expected.',
  ),
  setting(
    'sasl.oauthbearer.allow.unverified.issuer',
    'boolean',
    false,
    'Accepts tokens without a look at their issuer, where no issuer is expected.',
  ),
  setting('sasl.oauthbearer.assertion.algorithm', 'string', 'RS256', 'Algorithm that signs assertions.', {
    values: ['ES256', 'RS256'],
    ignoreCase: true,
    inert: true,
  }),
  setting('sasl.oauthbearer.assertion.claim.aud', 'string', null, 'Audience claimed by assertions.', { inert: true }),
  setting('sasl.oauthbearer.assertion.claim.exp.seconds', 'int', 300, 'Seconds until an assertion ends.', {
    min: 0,
    max: 86400,
    inert: true,
  }),
  setting('sasl.oauthbearer.assertion.claim.iss', 'string', null, 'Issuer claimed by assertions.', { inert: true }),
  setting('sasl.oauthbearer.assertion.claim.jti.include', 'boolean', false, 'Gives assertions an id.', { inert: true }),
  setting(
    'sasl.oauthbearer.assertion.claim.nbf.seconds',
    'int',
    60,
    'Seconds by which an assertion counts before it was made.',
    { min: 0, max: 3600, inert: true },
  ),
  setting('sasl.oauthbearer.assertion.claim.sub', 'string', null, 'Subject claimed by assertions.', { inert: true }),
  setting('sasl.oauthbearer.assertion.file', 'string', null, 'File with an assertion.', { inert: true }),
  setting('sasl.oauthbearer.assertion.private.key.file', 'string', null, 'File with the key that signs assertions.', {
    inert: true,
  }),
  setting('sasl.oauthbearer.assertion.private.key.passphrase', 'password', null, 'Passphrase of that key.', {
    inert: true,
  }),
  setting('sasl.oauthbearer.assertion.template.file', 'string', null, 'File with parts of assertions.', {
    inert: true,
  }),
  setting('sasl.oauthbearer.client.credentials.client.id', 'string', null, 'Client id towards a token provider.', {
    inert: true,
  }),
  setting(
    'sasl.oauthbearer.client.credentials.client.secret',
    'password',
    null,
    'Client secret towards a token provider.',
    { inert: true },
  ),
  setting('sasl.oauthbearer.clock.skew.seconds', 'int', 30, 'Seconds by which clocks may differ.'),
  setting('sasl.oauthbearer.expected.audience', 'list', '', 'Audiences of which a token must name one.'),
  setting('sasl.oauthbearer.expected.issuer', 'string', null, 'Issuer that a token must name.'),
  setting(
    'sasl.oauthbearer.jwks.endpoint.refresh.ms',
    'long',
    3600000,
    "Time in ms between readings of the provider's keys.",
  ),
  setting(
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms',
    'long',
    10000,
    'Longest wait in ms before the keys are read again.',
  ),
  setting(
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms',
    'long',
    100,
    'First wait in ms before the keys are read again.',
  ),
  setting(
    'sasl.oauthbearer.jwks.endpoint.url',
    'string',
    null,
    'Where the public keys (JWKS) of who signs tokens are: https, http or file.',
  ),
  setting(
    'sasl.oauthbearer.jwt.retriever.class',
    'class',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    'Java class that gets tokens.',
    { inert: true },
  ),
  setting(
    'sasl.oauthbearer.jwt.validator.class',
    'class',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
    'What checks tokens: nothing but what Kafka has for brokers.',
  ),
  setting('sasl.oauthbearer.scope', 'string', null, 'Scope asked of the provider.', { inert: true }),
  setting('sasl.oauthbearer.scope.claim.name', 'string', 'scope', 'Name of the scope in a token.'),
  setting('sasl.oauthbearer.sub.claim.name', 'string', 'sub', 'Name of the subject in a token.'),
  setting('sasl.oauthbearer.token.endpoint.url', 'string', null, 'Where the provider gives tokens.', { inert: true }),
];
