/** Values of a Kafka client's settings, read as they are used. */
import { readFile } from 'node:fs/promises';
import { ClientError } from '../client/errors.ts';
import { ConfigError } from '../config/config-error.ts';
import { readFailure } from '../config/read-failure.ts';

export type Values = ReadonlyMap<string, string>;

/** @throws ConfigError */
export function numberOf(values: Values, name: string, byDefault: string): number {
  const text = values.get(name)?.trim() ?? byDefault;
  if (!/^\d{1,15}$/.test(text)) throw new ConfigError(`${name}: "${text}" is not a whole number`);
  return Number(text);
}

/** @throws ClientError NO_TOKEN, as a rejection */
export async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ClientError('NO_TOKEN', `${path} cannot be read: ${readFailure(error)}`, { cause: error });
  }
}
