/**
 * Values that come from elsewhere: `${env:NAME}`, `${file:path:key}`, `${dir:path:file}`, through what `config.providers`
 * names and Kafka's three providers (KIP-297, KIP-421). Unlike Kafka, which leaves a reference that finds nothing where
 * it is, such a one is an error.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import { parseProperties } from './properties.ts';
import { readFailure } from './read-failure.ts';
import { splitList } from './value.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Gives the value for a path, which may be empty, and a key. @throws Error whose message is why there is none */
type Provider = (path: string, key: string) => string;

/** What a provider is made of: its parameters, by name, and where it is configured. */
type MakeProvider = (parameter: (name: string) => string | undefined, environment: Environment) => Provider;

const PACKAGE = 'org.apache.kafka.common.config.provider.';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${path}: ${readFailure(error)}`, { cause: error });
  }
}

/** What `allowed.paths` permits; without it everything. @throws Error for a path that Kafka would not take */
function pathCheck(allowed: string | undefined): (path: string) => void {
  const roots = splitList(allowed ?? '');
  for (const root of roots) {
    if (!isAbsolute(root)) throw new Error(`${root} in allowed.paths is not absolute`);
    if (!existsSync(root)) throw new Error(`${root} in allowed.paths does not exist`);
  }
  return (path) => {
    const isInside = (root: string): boolean => {
      const way = relative(root, resolve(path));
      return way === '' || !(way === '..' || way.startsWith('../') || isAbsolute(way));
    };
    if (roots.length > 0 && !roots.some(isInside)) throw new Error(`allowed.paths does not have ${path}`);
  };
}

const PROVIDERS: ReadonlyMap<string, MakeProvider> = new Map<string, MakeProvider>([
  [
    `${PACKAGE}EnvVarConfigProvider`,
    (parameter, environment) => {
      const pattern = new RegExp(`^(?:${parameter('allowlist.pattern') ?? '.*'})$`, 's');
      return (path, key) => {
        if (path !== '') throw new Error('a variable has no path');
        if (!pattern.test(key)) throw new Error(`allowlist.pattern does not have ${key}`);
        const value = environment[key];
        if (value === undefined) throw new Error(`there is no variable ${key}`);
        return value;
      };
    },
  ],
  [
    `${PACKAGE}FileConfigProvider`,
    (parameter) => {
      const check = pathCheck(parameter('allowed.paths'));
      return (path, key) => {
        if (path === '') throw new Error('there is no path');
        check(path);
        const value = parseProperties(read(path)).get(key);
        if (value === undefined) throw new Error(`${path} has no ${key}`);
        return value;
      };
    },
  ],
  [
    `${PACKAGE}DirectoryConfigProvider`,
    (parameter) => {
      const check = pathCheck(parameter('allowed.paths'));
      return (path, key) => {
        if (path === '') throw new Error('there is no path');
        if (key.includes('/')) throw new Error(`${key} is not the name of a file`);
        check(path);
        return read(join(path, key));
      };
    },
  ],
]);

/** Whether a name says something of a config provider: `config.providers.<provider>.…`. */
export function isOfProvider(name: string): boolean {
  return name.startsWith('config.providers.');
}

function makeProvider(name: string, values: ReadonlyMap<string, string>, environment: Environment): Provider {
  const setting = `config.providers.${name}.class`;
  const className = values.get(setting);
  const make = PROVIDERS.get(className ?? '');
  if (className === undefined) throw new ConfigError(`${setting}: ${name} has no class`, ['config.providers']);
  if (make === undefined) {
    const known = [...PROVIDERS.keys()].map((known) => known.slice(PACKAGE.length)).join(', ');
    throw new ConfigError(`${setting}: ${className} is none of Kafka's providers (${known})`, [setting]);
  }
  try {
    return make((parameter) => values.get(`config.providers.${name}.param.${parameter}`), environment);
  } catch (error) {
    throw new ConfigError(`config.providers.${name}: ${(error as Error).message}`, [setting]);
  }
}

/** A reference: provider, path where there is one, key. None of them has a brace or, but the key, a colon. */
const REFERENCE = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g;

/**
 * The settings with references replaced; those to a provider that nobody named stay as they are.
 * @throws ConfigError for a provider that is not there, and a reference that finds nothing
 */
export function resolveReferences(
  values: ReadonlyMap<string, string>,
  environment: Environment,
): ReadonlyMap<string, string> {
  const names = new Set(splitList(values.get('config.providers') ?? '').filter((name) => name !== ''));
  if (names.size === 0) return values;
  const providers = new Map([...names].map((name) => [name, makeProvider(name, values, environment)]));
  const replaced = (setting: string, value: string): string =>
    value.replace(REFERENCE, (reference, provider: string, path: string | undefined, key: string) => {
      try {
        return providers.get(provider)?.(path ?? '', key) ?? reference;
      } catch (error) {
        throw new ConfigError(`${setting}: ${reference}: ${(error as Error).message}`, [setting]);
      }
    });
  return new Map([...values].map(([name, value]) => [name, isOfProvider(name) ? value : replaced(name, value)]));
}
