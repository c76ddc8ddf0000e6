/** How the text of a setting becomes a value, and how values are printed: as Kafka's own parser does both. */
import { doubleText, parseDouble } from './double.ts';
import type { Setting } from './setting.ts';

/** A value that its setting does not allow; `message` is the whole sentence. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** An empty value is shown as quotes, or the sentence would have a hole. */
export function shown(value: string): string {
  return trim(value) === '' ? "''" : value;
}

function invalid({ name }: Setting, value: string, reason: string): SettingError {
  return new SettingError(`Invalid value ${shown(value)} for configuration ${name}: ${reason}`);
}

const INTEGER_BOUNDS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Without the blanks that Java trims; JavaScript's are more. */
function trim(text: string): string {
  return text.replace(/^[\0- ]+|[\0- ]+$/g, '');
}

/** The elements of a comma-separated list, trimmed; an empty text has none. */
export function splitList(text: string): string[] {
  const trimmed = trim(text);
  return trimmed === '' ? [] : trimmed.split(/[ \t-\r]*,[ \t-\r]*/);
}

function parseInteger(definition: Setting, text: string): bigint {
  const [min, max] = INTEGER_BOUNDS[definition.type] ?? [0n, 0n];
  const [, sign, digits] = /^([+-]?)0*(\d{1,19})$/.exec(trim(text)) ?? [];
  const value = digits === undefined ? null : BigInt(`${sign === '-' ? sign : ''}${digits}`);
  if (value === null || value < min || value > max) {
    throw invalid(definition, text, `Not a number of type ${definition.type.toUpperCase()}`);
  }
  return value;
}

function checkRange(definition: Setting, text: string, value: number): void {
  const { min, max, except } = definition;
  if (value === except) return;
  const tooSmall = min !== undefined && value < min;
  const tooLarge = max !== undefined && value > max;
  if (except !== undefined && (tooSmall || tooLarge)) {
    throw invalid(definition, text, `Value must be between ${min} and ${max} or equal to ${except}`);
  }
  if (tooSmall) throw invalid(definition, text, `Value must be at least ${min}`);
  if (tooLarge) throw invalid(definition, text, `Value must be no more than ${max}`);
}

function checkElement(definition: Setting, element: string): void {
  const { values, ignoreCase } = definition;
  if (values === undefined) return;
  const same = (value: string): boolean =>
    ignoreCase ? value.toLowerCase() === element.toLowerCase() : value === element;
  if (values.some(same)) return;
  const what = ignoreCase ? 'String must be one of (case insensitive)' : 'String must be one of';
  throw invalid(definition, element, `${what}: ${values.join(', ')}`);
}

/** The elements of a list as Kafka keeps them: each once, none empty. @throws SettingError */
function listElements(definition: Setting, text: string): string[] {
  const { name, values, nonEmpty, repeats } = definition;
  const elements = splitList(text);
  if (nonEmpty && elements.length === 0) {
    const valid = values === undefined ? 'any non-empty value' : `[${values.join(', ')}]`;
    throw new SettingError(`Configuration '${name}' must not be empty. Valid values include: ${valid}`);
  }
  if (repeats) return elements;
  for (const element of elements) {
    if (element === '') throw new SettingError(`Configuration '${name}' values must not be empty.`);
    checkElement(definition, element);
  }
  return [...new Set(elements)];
}

/** The text, if its setting's own check allows it; `asShown` is the value as the error shows it. */
function checked(definition: Setting, text: string, asShown = text): string {
  const wrong = definition.check?.(text) ?? null;
  if (wrong !== null) throw invalid(definition, asShown, wrong);
  return text;
}

/**
 * The canonical text of a value, as Kafka prints it.
 * @throws SettingError when the value is not allowed
 */
export function canonicalText(definition: Setting, text: string): string {
  switch (definition.type) {
    case 'boolean': {
      const lower = trim(text).toLowerCase();
      if (lower === 'true' || lower === 'false') return lower;
      throw invalid(definition, text, 'Expected value to be either true or false');
    }
    case 'int':
    case 'short':
    case 'long': {
      const value = parseInteger(definition, text);
      checkRange(definition, value.toString(), Number(value));
      return value.toString();
    }
    case 'double': {
      const value = parseDouble(trim(text));
      if (value === null) throw invalid(definition, text, 'Not a number of type DOUBLE');
      checkRange(definition, doubleText(value), value);
      return doubleText(value);
    }
    case 'list': {
      const elements = listElements(definition, text);
      return checked(definition, elements.join(','), `[${elements.join(', ')}]`);
    }
    default: {
      const word = trim(text);
      const value = definition.aliases?.[word] ?? word;
      if (definition.nonEmpty && value === '') throw invalid(definition, text, 'String must be non-empty');
      checkElement(definition, value);
      return checked(definition, value);
    }
  }
}
