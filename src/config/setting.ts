/**
 * What one setting is: name, type, default, allowed values and documentation; and how its text becomes a value. Broker,
 * topic, group and client-metrics tables are lists of these.
 */

export type SettingType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password';

/** How a broker setting may be changed while the broker runs (KIP-226). */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide';

export type SettingValue = boolean | number | string | readonly string[] | null;

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
  /** Values are compared without regard to case. */
  readonly ignoreCase?: boolean;
  /** A list or string may not be empty. */
  readonly nonEmpty?: boolean;
  /** Further check: what is wrong with the value, or null. */
  readonly check?: (value: string) => string | null;
  readonly update: UpdateMode;
  /** Accepted so that existing configurations work, but nothing here depends on it. */
  readonly inert: boolean;
  /** Known to Kafka, but not shown by DescribeConfigs. */
  readonly internal: boolean;
}

export type SettingOptions = Partial<Omit<Setting, 'name' | 'type' | 'defaultValue' | 'doc'>>;

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
    ...options,
  };
}

/** The largest long; it does not fit a JavaScript number exactly, so its text is kept where it is shown. */
export const LONG_MAX = '9223372036854775807';

/** A value that its setting does not allow. `reason` is a phrase that follows "Invalid value V for configuration N: ". */
export class SettingError extends Error {
  readonly setting: string;
  readonly value: string | null;
  constructor(name: string, value: string | null, reason: string) {
    super(`Invalid value ${value} for configuration ${name}: ${reason}`);
    this.name = 'SettingError';
    this.setting = name;
    this.value = value;
  }
}

const INTEGER_BOUNDS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
};

const DECIMAL = /^[+-]?(Infinity|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)$/i;

/** The elements of a comma-separated list, trimmed; an empty text has none. */
export function splitList(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : trimmed.split(',').map((element) => element.trim());
}

function parseInteger(definition: Setting, text: string): bigint {
  const [min, max] = INTEGER_BOUNDS[definition.type] ?? [0n, 0n];
  const trimmed = text.trim();
  const [, sign, digits] = /^([+-]?)0*(\d{1,19})$/.exec(trimmed) ?? [];
  const value = digits === undefined ? null : BigInt(`${sign === '-' ? sign : ''}${digits}`);
  if (value === null || value < min || value > max) {
    throw new SettingError(definition.name, text, `Not a number of type ${definition.type.toUpperCase()}`);
  }
  return value;
}

function checkRange(definition: Setting, text: string, value: number): void {
  const { min, max, except } = definition;
  if (value === except) return;
  if (min !== undefined && value < min) {
    throw new SettingError(definition.name, text, `Value must be at least ${min}`);
  }
  if (max !== undefined && value > max) {
    throw new SettingError(definition.name, text, `Value must be no more than ${max}`);
  }
}

function checkElements(definition: Setting, text: string, elements: readonly string[]): void {
  const { values, ignoreCase } = definition;
  if (values === undefined) return;
  const same = (a: string, b: string): boolean => (ignoreCase ? a.toLowerCase() === b.toLowerCase() : a === b);
  const wrong = elements.find((element) => !values.some((value) => same(value, element)));
  if (wrong !== undefined) {
    const what = ignoreCase ? 'String must be one of (case insensitive)' : 'String must be one of';
    throw new SettingError(definition.name, wrong, `${what}: ${values.join(', ')}`);
  }
  if (definition.type === 'list' && new Set(elements).size !== elements.length) {
    throw new SettingError(definition.name, text, 'Values must not repeat');
  }
}

/**
 * The canonical text of a value: numbers and booleans as Kafka prints them, lists joined by commas.
 * @throws SettingError when the value is not allowed
 */
export function canonicalText(definition: Setting, text: string): string {
  switch (definition.type) {
    case 'boolean': {
      const lower = text.trim().toLowerCase();
      if (lower === 'true' || lower === 'false') return lower;
      throw new SettingError(definition.name, text, 'Expected value to be either true or false');
    }
    case 'int':
    case 'short':
    case 'long': {
      const value = parseInteger(definition, text);
      checkRange(definition, text, Number(value));
      return value.toString();
    }
    case 'double': {
      const trimmed = text.trim();
      const value = DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
      if (Number.isNaN(value)) throw new SettingError(definition.name, text, 'Not a number of type DOUBLE');
      checkRange(definition, text, value);
      return trimmed;
    }
    case 'list': {
      const elements = splitList(text);
      if (definition.nonEmpty && elements.length === 0) {
        throw new SettingError(definition.name, text, 'List must not be empty');
      }
      checkElements(definition, text, elements);
      return finish(definition, elements.join(','));
    }
    default: {
      const value = definition.type === 'password' ? text : text.trim();
      if (definition.nonEmpty && value === '')
        throw new SettingError(definition.name, text, 'String must be non-empty');
      if (value !== '' || definition.values !== undefined) checkElements(definition, text, [value]);
      return finish(definition, value);
    }
  }
}

function finish(definition: Setting, text: string): string {
  const wrong = definition.check?.(text) ?? null;
  if (wrong !== null) throw new SettingError(definition.name, text, wrong);
  return text;
}

/** The typed value of a canonical text. */
export function typedValue(definition: Setting, text: string | null): SettingValue {
  if (text === null) return null;
  switch (definition.type) {
    case 'boolean':
      return text === 'true';
    case 'int':
    case 'short':
    case 'long':
    case 'double':
      return Number(text);
    case 'list':
      return splitList(text);
    default:
      return text;
  }
}
