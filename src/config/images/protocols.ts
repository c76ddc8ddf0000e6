/** Security protocols of listeners, as variables have them before they are a configuration. */
import { splitList } from '../value.ts';
import type { GivenSettings } from './given.ts';

/** Names of listeners in upper case, those of controllers as well, each with its protocol. */
export function listenerProtocols({ values }: GivenSettings): ReadonlyMap<string, string> {
  const mapped = splitList(values.get('listener.security.protocol.map') ?? '').map((element) => element.split(':'));
  const protocols = new Map(
    mapped.map(([name = '', protocol = '']) => [name.trim().toUpperCase(), protocol.trim().toUpperCase()]),
  );
  const names = splitList(values.get('listeners') ?? values.get('advertised.listeners') ?? '')
    .map((element) => element.slice(0, Math.max(0, element.indexOf(':'))).toUpperCase())
    .filter((name) => name !== '');
  return new Map(names.map((name) => [name, protocols.get(name) ?? name]));
}
