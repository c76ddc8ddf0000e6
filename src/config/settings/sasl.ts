/** SASL: mechanisms and how logins go. */
import { setting, type Setting } from '../setting.ts';
import { OAUTHBEARER_SETTINGS } from './oauthbearer.ts';

export const SASL_SETTINGS: readonly Setting[] = [
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
  ...OAUTHBEARER_SETTINGS,
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
];
