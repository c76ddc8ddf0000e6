/** Who may do what, and delegation tokens; with what is told of logins (SASL) and TLS. */
import { FOREIGN, INERT_PER_BROKER, setting, type Setting } from '../setting.ts';
import { SASL_SETTINGS } from './sasl.ts';
import { TLS_SETTINGS } from './tls.ts';

/** The one whose names are served. */
export const DEFAULT_PRINCIPAL_BUILDER = 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder';

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
    DEFAULT_PRINCIPAL_BUILDER,
    'Java class that names the user of a connection.',
    INERT_PER_BROKER,
  ),
  // Its authorizer's: files that turn the authorizer on have them.
  setting('allow.everyone.if.no.acl.found', 'boolean', false, 'With ACLs: what no ACL is about is allowed.', FOREIGN),
  setting('super.users', 'string', '', 'With ACLs: to whom everything is allowed, as User:one;User:two.', FOREIGN),
  ...SASL_SETTINGS,
  ...TLS_SETTINGS,
];
