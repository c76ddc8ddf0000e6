/** Topics named on the command line: `name:partitions[:key=value,key=value]`. */
import { ConfigError } from '../config/config-error.ts';

/** A topic to create at start. */
export interface TopicSpec {
  readonly name: string;
  /** Undefined: num.partitions. */
  readonly partitions?: number;
  /** Overrides by Kafka's names. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>;
}

/** `where` begins the error's sentence: the flag or command. @throws ConfigError when the text is not of the form */
export function parseTopicSpec(text: string, where = '--topic'): TopicSpec {
  const [name = '', count, ...rest] = text.split(':');
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) throw new ConfigError(`${where}: "${name}" cannot be the name of a topic`);
  if (count === undefined) return { name };
  if (!/^[1-9]\d{0,5}$/.test(count)) {
    throw new ConfigError(`${where} ${name}: "${count}" is not a number of partitions (name:partitions[:key=value,…])`);
  }
  const configs: Record<string, string> = {};
  // A comma separates settings only where another `key=` follows, so that a list may be a value: cleanup.policy=a,b.
  for (const element of rest.length === 0 ? [] : rest.join(':').split(/[,:](?=[a-z.]+=)/)) {
    const at = element.indexOf('=');
    if (at < 1) throw new ConfigError(`${where} ${name}: "${element}" is not key=value`);
    configs[element.slice(0, at)] = element.slice(at + 1);
  }
  return { name, partitions: Number(count), configs };
}
