/** TLS: keys, certificates, versions. */
import { setting, type Setting } from '../setting.ts';

export const TLS_SETTINGS: readonly Setting[] = [
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
