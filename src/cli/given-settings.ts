/** The settings of a start from where they are given: file, environment, a JAAS file, and what the image fills in. */
import { ConfigError } from '../config/config-error.ts';
import type { EnvironmentSettings } from '../config/environment.ts';
import { listenersOf } from '../config/images/addresses.ts';
import { refuseClusters } from '../config/images/cluster.ts';
import { imageDefaults } from './image.ts';
import { jaasFileOf, jaasSettings } from './jaas-file.ts';
import { readSettingsFile } from './settings-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings on their way to a configuration. */
export interface Given {
  readonly values: Map<string, string>;
  /** Where each value came from, by the setting's name, as the person who wrote it calls it. */
  readonly sources: Map<string, string>;
}

/** What the settings file and the environment say, the environment over the file. */
export function givenSettings(file: string | undefined, environment: EnvironmentSettings): Given {
  const fromFile = file === undefined ? new Map<string, string>() : readSettingsFile(file);
  const values = new Map([...fromFile, ...environment.values]);
  const sources = new Map([...fromFile.keys()].map((name) => [name, file ?? '']));
  for (const [name, variable] of environment.variables) sources.set(name, variable);
  return { values, sources };
}

/** What nobody has set: listeners, where a variable says what is to be advertised, and in the image all that it is for. */
export function fillIn({ values, sources }: Given, environment: EnvironmentSettings, env: Environment): void {
  const variable = environment.variables.get('advertised.listeners');
  const derived = listenersOf(environment.values.get('advertised.listeners'));
  if (!values.has('listeners') && variable !== undefined && derived !== null) {
    values.set('listeners', derived);
    sources.set('listeners', variable);
  }
  if (!environment.inImage) return;
  const isInMemory = values.get('walka.durability') === 'memory';
  for (const [name, value] of imageDefaults(env)) {
    const isAsked = values.has(name) || (name === 'log.dirs' && (isInMemory || values.has('log.dir')));
    if (!isAsked) values.set(name, value);
  }
}

/** A settings file that is mounted for several containers, as the environment of each may be. @throws ConfigError */
export function refuseOtherNodes({ values, sources }: Given): void {
  try {
    refuseClusters({ values, variables: new Map() });
  } catch (error) {
    throw error instanceof ConfigError ? error.from(sources) : error;
  }
}

/**
 * What a JAAS file says of who may log in, where a listener asks; settings of the same name go before it. True if there is
 * such a file.
 */
export function applyJaasFile({ values, sources }: Given, env: Environment): boolean {
  const path = jaasFileOf(env['KAFKA_OPTS'] ?? '');
  const asks = /SASL_/i.test(`${values.get('listeners')} ${values.get('listener.security.protocol.map')}`);
  if (path === null || !asks) return false;
  for (const [name, value] of jaasSettings(path)) {
    if (values.has(name)) continue;
    values.set(name, value);
    sources.set(name, path);
  }
  return true;
}
