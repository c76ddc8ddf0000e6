/** TLS, SASL, authorization, tokens. */
import { setting, type Setting } from '../setting.ts';

export const SECURITY_SETTINGS: readonly Setting[] = [
  setting(
    'authorizer.class.name',
    'string',
    '',
    'Who decides what clients may do: org.apache.kafka.metadata.authorizer.StandardAuthorizer, that is, ACLs; empty: nobody.',
  ),
  setting(
    'delegation.token.expiry.check.interval.ms',
    'long',
    3600000,
    'Time in ms between two looks for expired tokens, which do not count before they are removed.',
    { min: 1 },
  ),
  setting('delegation.token.expiry.time.ms', 'long', 86400000, 'Time in ms after which a token must be renewed.', {
    min: 1,
  }),
  setting('delegation.token.max.lifetime.ms', 'long', 604800000, 'Time in ms after which a token ends for good.', {
    min: 1,
  }),
  setting(
    'delegation.token.secret.key',
    'password',
    null,
    'Secret from which delegation tokens are made; without one there are none.',
  ),
  setting(
    'principal.builder.class',
    'class',
    'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    'Java class that names the user of a connection.',
    { update: 'per-broker', inert: true },
  ),
  setting('sasl.client.callback.handler.class', 'class', null, "Java class that answers a SASL client's questions.", {
    inert: true,
  }),
  setting(
    'sasl.enabled.mechanisms',
    'list',
    'GSSAPI',
    'SASL mechanisms that clients may use: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER. GSSAPI is not served.',
    { update: 'per-broker' },
  ),
  setting(
    'sasl.jaas.config',
    'password',
    null,
    'Users of PLAIN in the format of JAAS, as listener.name.NAME.plain.sasl.jaas.config has them: user_NAME="password".',
    { update: 'per-broker' },
  ),
  setting('sasl.kerberos.kinit.cmd', 'string', '/usr/bin/kinit', 'Path of kinit.', {
    update: 'per-broker',
    inert: true,
  }),
  setting('sasl.kerberos.min.time.before.relogin', 'long', 60000, 'Least time in ms between Kerberos logins.', {
    update: 'per-broker',
    inert: true,
  }),
  setting('sasl.kerberos.principal.to.local.rules', 'list', 'DEFAULT', 'How Kerberos principals become user names.', {
    update: 'per-broker',
    inert: true,
  }),
  setting('sasl.kerberos.service.name', 'string', null, 'Kerberos name of the service.', {
    update: 'per-broker',
    inert: true,
  }),
  setting('sasl.kerberos.ticket.renew.jitter', 'double', '0.05', 'Random part of the time of renewal.', {
    update: 'per-broker',
    inert: true,
  }),
  setting(
    'sasl.kerberos.ticket.renew.window.factor',
    'double',
    '0.8',
    "Part of a ticket's life after which it is renewed.",
    { update: 'per-broker', inert: true },
  ),
  setting('sasl.login.callback.handler.class', 'class', null, "Java class that answers a SASL login's questions.", {
    inert: true,
  }),
  setting('sasl.login.class', 'class', null, 'Java class for SASL logins.', { inert: true }),
  setting('sasl.login.connect.timeout.ms', 'int', null, 'Time in ms to connect to a login provider.', { inert: true }),
  setting('sasl.login.read.timeout.ms', 'int', null, 'Time in ms to read from a login provider.', { inert: true }),
  setting(
    'sasl.login.refresh.buffer.seconds',
    'short',
    300,
    'Seconds before its end at which a login is refreshed at the latest.',
    { update: 'per-broker', inert: true },
  ),
  setting('sasl.login.refresh.min.period.seconds', 'short', 60, 'Least seconds between two refreshes of a login.', {
    update: 'per-broker',
    inert: true,
  }),
  setting('sasl.login.refresh.window.factor', 'double', '0.8', "Part of a login's life after which it is refreshed.", {
    update: 'per-broker',
    inert: true,
  }),
  setting('sasl.login.refresh.window.jitter', 'double', '0.05', 'Random part of the time of refreshing.', {
    update: 'per-broker',
    inert: true,
  }),
  setting(
    'sasl.login.retry.backoff.max.ms',
    'long',
    10000,
    'Longest wait in ms before a login provider is asked again.',
    { inert: true },
  ),
  setting('sasl.login.retry.backoff.ms', 'long', 100, 'First wait in ms before a login provider is asked again.', {
    inert: true,
  }),
  setting('sasl.mechanism.controller.protocol', 'string', 'GSSAPI', 'SASL mechanism towards controllers.', {
    inert: true,
  }),
  setting('sasl.mechanism.inter.broker.protocol', 'string', 'GSSAPI', 'SASL mechanism between brokers.', {
    update: 'per-broker',
    inert: true,
  }),
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
  setting(
    'sasl.server.callback.handler.class',
    'class',
    null,
    "What checks logins: nothing but Kafka's own; for tests, OAuthBearerUnsecuredValidatorCallbackHandler takes tokens without signatures.",
  ),
  setting(
    'sasl.server.max.receive.size',
    'int',
    524288,
    'Largest frame of a client that has not authenticated, in bytes.',
  ),
  setting('security.providers', 'string', null, 'Java security providers.', { inert: true }),
  setting('ssl.allow.dn.changes', 'boolean', false, 'A new certificate may have another name (while the broker runs).'),
  setting(
    'ssl.allow.san.changes',
    'boolean',
    false,
    'A new certificate may be without alternative names of the one before (while the broker runs).',
  ),
  setting(
    'ssl.cipher.suites',
    'list',
    '',
    "Cipher suites offered, by Java's names, the preferred first; empty: those of Node.",
    { update: 'per-broker' },
  ),
  setting('ssl.client.auth', 'string', 'none', 'Whether clients must show a certificate.', {
    values: ['required', 'requested', 'none'],
    update: 'per-broker',
  }),
  setting(
    'ssl.enabled.protocols',
    'list',
    'TLSv1.2,TLSv1.3',
    'Versions of TLS offered; TLSv1.2 and TLSv1.3 are served.',
    {
      update: 'per-broker',
    },
  ),
  setting(
    'ssl.endpoint.identification.algorithm',
    'string',
    'https',
    "How a server's name is checked against its certificate.",
    { update: 'per-broker', inert: true },
  ),
  setting('ssl.engine.factory.class', 'class', null, 'Java class that makes TLS engines.', {
    update: 'per-broker',
    inert: true,
  }),
  // Not Kafka's own: its authorizer's. Files that turn the authorizer on have them.
  setting('allow.everyone.if.no.acl.found', 'boolean', false, 'With ACLs: what no ACL is about is allowed.', {
    internal: true,
  }),
  setting('super.users', 'string', '', 'With ACLs: to whom everything is allowed, as User:one;User:two.', {
    internal: true,
  }),
  setting('ssl.key.password', 'password', null, 'Password of the private key, where it is not that of the key store.', {
    update: 'per-broker',
  }),
  setting('ssl.keymanager.algorithm', 'string', 'SunX509', "Java's key manager.", {
    update: 'per-broker',
    inert: true,
  }),
  setting('ssl.keystore.certificate.chain', 'password', null, 'The certificate and its chain, as PEM.', {
    update: 'per-broker',
  }),
  setting('ssl.keystore.key', 'password', null, 'The private key, as PEM (PKCS#8).', { update: 'per-broker' }),
  setting('ssl.keystore.location', 'string', null, 'File with key and certificate; it is read again when it changes.', {
    update: 'per-broker',
  }),
  setting('ssl.keystore.password', 'password', null, 'Password of that file.', { update: 'per-broker' }),
  setting(
    'ssl.keystore.type',
    'string',
    'JKS',
    'Format of that file: PEM, or JKS or PKCS12, which are told apart by what is in it.',
    { update: 'per-broker' },
  ),
  setting(
    'ssl.principal.mapping.rules',
    'string',
    'DEFAULT',
    'How names in certificates become user names: RULE:pattern/replacement/[LU] or DEFAULT, with commas between.',
  ),
  setting(
    'ssl.protocol',
    'string',
    'TLSv1.3',
    "Java's protocol name for TLS; what is offered, ssl.enabled.protocols says.",
    { update: 'per-broker' },
  ),
  setting('ssl.provider', 'string', null, "Java's provider of TLS.", { update: 'per-broker', inert: true }),
  setting('ssl.secure.random.implementation', 'string', null, "Java's source of random numbers.", {
    update: 'per-broker',
    inert: true,
  }),
  setting('ssl.trustmanager.algorithm', 'string', 'PKIX', "Java's trust manager.", {
    update: 'per-broker',
    inert: true,
  }),
  setting('ssl.truststore.certificates', 'password', null, 'Certificates that are trusted, as PEM.', {
    update: 'per-broker',
  }),
  setting(
    'ssl.truststore.location',
    'string',
    null,
    'File with certificates that are trusted; it is read again when it changes.',
    {
      update: 'per-broker',
    },
  ),
  setting(
    'ssl.truststore.password',
    'password',
    null,
    'Password of that file; without, what can be read is not checked.',
    { update: 'per-broker' },
  ),
  setting(
    'ssl.truststore.type',
    'string',
    'JKS',
    'Format of that file: PEM, or JKS or PKCS12, which are told apart by what is in it.',
    { update: 'per-broker' },
  ),
];
