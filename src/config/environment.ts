/**
 * Settings from environment variables, named as Apache Kafka's image names them: KAFKA_ and the setting in capitals,
 * `_` for a dot, `__` for an underscore, `___` for a dash. WALKA_ does the same for Walka's own settings.
 */
import { brokerSetting } from './broker-settings.ts';
import { isOfProvider } from './config-providers.ts';
import { isForeign, nearestSetting } from './foreign-settings.ts';

/** Variables of the Apache image (and of Kafka's scripts) that are no settings. */
const IMAGE_VARIABLES =
  /^KAFKA_(?:HEAP_OPTS|OPTS|DEBUG|HOME|VERSION|CLUSTERS?|GC_LOG_OPTS|CLASSPATH|.*LOG4J.*|JMX_.*|JVM_.*|SSL_.*_(?:FILENAME|CREDENTIALS)|SASL_.*_CREDENTIALS)$/;

/** The id of the cluster is no setting, and its variable has no prefix; other images have KRAFT_ in between. */
const PREFIXED_CLUSTER_ID = /^(?:KAFKA|WALKA)_(?:CFG_|KRAFT_)?CLUSTER_ID$/;

/** What Kubernetes tells every pod of a service whose name begins with kafka or walka. */
const SERVICE_VARIABLES = /_SERVICE_(?:HOST|PORT(?:_.+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;

/** A service walka-metrics even has the name of a setting, WALKA_METRICS_PORT; its value is an address. */
function isOfService(variable: string, value: string): boolean {
  return SERVICE_VARIABLES.test(variable) || (variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value));
}

export interface EnvironmentSettings {
  readonly values: ReadonlyMap<string, string>;
  /** The variable of each of the values, by the setting's name. */
  readonly variables: ReadonlyMap<string, string>;
  /** Variables of the image, or of Kubernetes, that mean nothing here. */
  readonly ignored: readonly string[];
  /** Variables that look like settings and are none, with the nearest variable that is one. */
  readonly unknown: readonly { readonly variable: string; readonly nearest: string | null }[];
  /** CLUSTER_ID: what a new data directory gets, and an old one must have. */
  readonly clusterId: string | null;
}

/** `ADVERTISED_LISTENERS` to `advertised.listeners`. */
function settingOf(variable: string): string {
  return variable
    .toLowerCase()
    .replace(/_{1,3}/g, (underscores) => (underscores.length === 1 ? '.' : underscores.length === 2 ? '_' : '-'));
}

/** The variable that sets a setting. */
export function variableOf(setting: string): string {
  const own = setting.startsWith('walka.');
  const name = own ? setting.slice('walka.'.length) : setting;
  const spelled = name.replace(/[._-]/g, (mark) => (mark === '.' ? '_' : mark === '_' ? '__' : '___'));
  return (own ? 'WALKA_' : 'KAFKA_') + spelled.toUpperCase();
}

/** The variable that was meant by one that would be that of `setting`, which is none; null when no name is near. */
function nearestVariable(variable: string, setting: string): string | null {
  if (PREFIXED_CLUSTER_ID.test(variable)) return 'CLUSTER_ID';
  // Other images write KAFKA_CFG_ before a setting.
  const nearest = nearestSetting(setting.replace(/^cfg\./, ''));
  return nearest === null ? null : variableOf(nearest);
}

/** The settings that the environment carries. */
export function environmentSettings(env: Readonly<Record<string, string | undefined>>): EnvironmentSettings {
  const values = new Map<string, string>();
  const variables = new Map<string, string>();
  const ignored: string[] = [];
  const unknown: { variable: string; nearest: string | null }[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined) continue;
    const match = /^(KAFKA|WALKA)_(.+)$/.exec(variable);
    if (match === null) continue;
    const setting = match[1] === 'WALKA' ? `walka.${settingOf(match[2] ?? '')}` : settingOf(match[2] ?? '');
    if (isOfService(variable, value)) ignored.push(variable);
    else if (brokerSetting(setting) !== undefined || isOfProvider(setting)) {
      values.set(setting, value);
      variables.set(setting, variable);
    } else if (IMAGE_VARIABLES.test(variable) || isForeign(setting)) ignored.push(variable);
    else unknown.push({ variable, nearest: nearestVariable(variable, setting) });
  }
  return { values, variables, ignored: ignored.sort(), unknown, clusterId: env['CLUSTER_ID'] || null };
}
