/**
 * What one setting is: name, type, default, allowed values and documentation. Broker, topic, group and client-metrics
 * tables are lists of these; how a text becomes a value is in value.ts.
 */

export type SettingType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password';

/** How a broker setting may be changed while the broker runs (KIP-226). */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide';

export interface Setting {
  readonly name: string;
  readonly type: SettingType;
  /** Text form; null: not set. */
  readonly defaultValue: string | null;
  /** Documentation in one to three sentences. */
  readonly doc: string;
  /** Least number allowed. */
  readonly min?: number;
  /** Largest number allowed. */
  readonly max?: number;
  /** A number allowed although it lies outside of min and max. */
  readonly except?: number;
  /** Values allowed, of a string or of a list's elements. */
  readonly values?: readonly string[];
  /** Other words for allowed values, as former versions had them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Values are compared without regard to case. */
  readonly ignoreCase?: boolean;
  /** A list or string may not be empty. */
  readonly nonEmpty?: boolean;
  /** A list may repeat itself and have empty elements; what others repeat is dropped, as Kafka does. */
  readonly repeats?: boolean;
  /** Kafka demands a value, so that the default of this program is not shown as one. */
  readonly required?: boolean;
  /** Further check: what is wrong with the value, or null. */
  readonly check?: (value: string) => string | null;
  readonly update: UpdateMode;
  /** Read at the start alone, though DescribeConfigs shows it as one that may change, as Kafka does. */
  readonly atStart?: boolean;
  /** Accepted so that existing configurations work, but nothing here depends on it. */
  readonly inert: boolean;
  /** Known to Kafka, but not shown by DescribeConfigs. */
  readonly internal: boolean;
  /**
   * No setting of Kafka 4.4 itself, but of its authorizer or of an earlier release: files have it, and it counts here.
   * DescribeConfigs shows it as a name that nobody knows, as Kafka does.
   */
  readonly foreign: boolean;
}

export type SettingOptions = Partial<Omit<Setting, 'name' | 'type' | 'defaultValue' | 'doc'>>;

/** Options that many settings have. */
export const INERT: SettingOptions = { inert: true };
export const FOREIGN: SettingOptions = { foreign: true };
export const CLUSTER_WIDE: SettingOptions = { update: 'cluster-wide' };
export const PER_BROKER: SettingOptions = { update: 'per-broker' };
export const PER_BROKER_AT_START: SettingOptions = { update: 'per-broker', atStart: true };
export const INERT_CLUSTER_WIDE: SettingOptions = { update: 'cluster-wide', inert: true };
export const INERT_PER_BROKER: SettingOptions = { update: 'per-broker', inert: true };

/** A setting with the defaults of its rarer properties filled in. */
export function setting(
  name: string,
  type: SettingType,
  defaultValue: string | number | boolean | null,
  doc: string,
  options: SettingOptions = {},
): Setting {
  return {
    name,
    type,
    defaultValue: defaultValue === null ? null : String(defaultValue),
    doc,
    update: 'read-only',
    inert: false,
    internal: false,
    foreign: false,
    ...options,
  };
}

/** The largest long; it does not fit a JavaScript number exactly, so its text is kept where it is shown. */
export const LONG_MAX = '9223372036854775807';
