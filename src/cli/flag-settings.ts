/** What the flags of a start set, over all other places where settings are given. */
import { oneDirectory } from '../config/broker-config.ts';
import { ConfigError } from '../config/config-error.ts';
import { SCRAM_USERS } from '../config/scram-users.ts';
import { splitList } from '../config/value.ts';
import { hostPort, keyValue, type ParsedArguments } from './args.ts';
import type { Given } from './given-settings.ts';

/** What --listen stands for: one listener instead of those that were given, and of what goes with them. */
function replaceListeners({ values, sources }: Given, listen: string): void {
  const { host, port } = hostPort(listen, 'listen');
  // The start line shows all addresses as *.
  values.set('listeners', `PLAINTEXT://${host === '*' ? '' : host}:${port}`);
  sources.set('listeners', '--listen');
  // They name one of the listeners that are replaced, and nothing depends on them.
  values.delete('inter.broker.listener.name');
  values.delete('security.inter.broker.protocol');
  const protocols = values.get('listener.security.protocol.map');
  if (protocols !== undefined && !/(^|,)\s*PLAINTEXT\s*:/i.test(protocols)) {
    values.set('listener.security.protocol.map', `${protocols},PLAINTEXT:PLAINTEXT`);
  }
  const advertised = values.get('advertised.listeners');
  if (advertised === undefined) return;
  const own = splitList(advertised).filter((element) => !/^(?!PLAINTEXT:)[\w-]+:/i.test(element));
  if (own.length > 0) values.set('advertised.listeners', own.join(','));
  else values.delete('advertised.listeners');
}

/** Sets what the short flags stand for. @throws ConfigError */
export function applyFlags(given: Given, flags: ParsedArguments['flags']): void {
  const { values, sources } = given;
  const set = (name: string, value: string, flag: string): void => {
    values.set(name, value);
    sources.set(name, flag);
  };
  for (const text of flags.get('override') ?? []) set(...keyValue(text, 'override'), '--override');
  const listen = flags.get('listen')?.[0];
  if (listen !== undefined) replaceListeners(given, listen);
  const dataDir = flags.get('data-dir')?.[0];
  if (dataDir !== undefined) {
    set('log.dirs', oneDirectory(dataDir, '--data-dir'), '--data-dir');
    // It names directories that are replaced.
    values.delete('cordoned.log.dirs');
  }
  const users = flags.get('add-scram');
  if (users !== undefined) set(SCRAM_USERS, [...users, values.get(SCRAM_USERS) ?? ''].join('\n'), '--add-scram');
  if (flags.has('memory')) set('walka.durability', 'memory', '--memory');
  const metricsPort = flags.get('metrics-port')?.[0];
  if (metricsPort === undefined) return;
  if (!/^\d{1,5}$/.test(metricsPort) || Number(metricsPort) > 65_535) {
    throw new ConfigError(`--metrics-port: "${metricsPort}" is not a port`);
  }
  set('walka.metrics.port', metricsPort, '--metrics-port');
}
