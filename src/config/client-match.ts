/** Which clients a client-metrics subscription is for: labels of clients with a regular expression for each (KIP-714). */
import { KafkaError } from '../../protocol/errors.ts';
import { compileRegex, type RegularExpression } from './regular-expression.ts';
import { SettingError, shown, splitList } from './value.ts';

/** What is known of a client. */
const CLIENT_LABELS = [
  'client_id',
  'client_instance_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
] as const;
export type ClientLabel = (typeof CLIENT_LABELS)[number];

/** Expressions by label; a client has to match all of them. */
export type ClientMatch = ReadonlyMap<ClientLabel, RegularExpression>;

function labelOf(text: string): ClientLabel | undefined {
  return CLIENT_LABELS.find((label) => label === text);
}

/**
 * Of a label that is named twice, the last expression counts.
 * @throws KafkaError INVALID_REGULAR_EXPRESSION, or SettingError for what has another form
 */
export function parseClientMatch(value: string): ClientMatch {
  const match = new Map<ClientLabel, RegularExpression>();
  for (const element of splitList(value)) {
    const [name = '', pattern = '', ...more] = element.split('=').map((part) => part.trim());
    const label = labelOf(name);
    if (label === undefined || pattern === '' || more.length > 0) {
      throw new SettingError(`Illegal client matching pattern: ${shown(element)}`);
    }
    match.set(label, compileRegex(pattern, `The client matching pattern of ${label}`));
  }
  return match;
}

/** What is wrong with it, or null. */
export function wrongClientMatch(value: string): string | null {
  try {
    parseClientMatch(value);
    return null;
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    if (error instanceof KafkaError) return `Illegal client matching pattern: ${error.message}`;
    throw error;
  }
}
