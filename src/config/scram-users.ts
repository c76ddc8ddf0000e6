/**
 * SCRAM users of a new cluster as `kafka-storage format --add-scram` takes them (KIP-900):
 * `SCRAM-SHA-256=[name=alice,password=secret]`, also with `iterations`, `salt` and, in place of the password,
 * `saltedpassword` (both base64). Several have semicolons or line ends between them.
 */
import { ConfigError } from './config-error.ts';

/** The setting, in which passwords need not stand on a command line. */
export const SCRAM_USERS = 'walka.scram.users';

export interface FirstScramUser {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly name: string;
  /** Or what was made of it, with its salt. */
  readonly password: string | { readonly salted: Buffer };
  readonly iterations: number;
  /** Null: a random one. */
  readonly salt: Buffer | null;
}

/** Kafka's bounds, both inclusive. */
const MIN_ITERATIONS = 4096;
const MAX_ITERATIONS = 16_384;

const USER = /\s*(SCRAM-SHA-256|SCRAM-SHA-512)=\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]\s*(?:[;\n]\s*|$)/y;
const FIELD = /\s*([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^,"]*))\s*(?:,|$)/y;
const NAMES: ReadonlySet<string> = new Set(['name', 'password', 'salt', 'iterations', 'saltedpassword']);

function matches(pattern: RegExp, text: string, failure: () => ConfigError): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (pattern.lastIndex = 0; pattern.lastIndex < text.length; ) {
    const match = pattern.exec(text);
    if (match === null) throw failure();
    found.push(match);
  }
  return found;
}

/** No error shows more of a user than its place: a name may be a password in the wrong place. */
function wrong(place: number, text: string): ConfigError {
  return new ConfigError(`${SCRAM_USERS}: user ${place}: ${text}`, [SCRAM_USERS]);
}

function fieldsOf(text: string, place: number): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const form = 'it is not of the form SCRAM-SHA-256=[name=alice,password=secret]';
  for (const [, name = '', quoted, plain = ''] of matches(FIELD, text, () => wrong(place, form))) {
    if (!NAMES.has(name)) throw wrong(place, `only ${[...NAMES].join(', ')} may be set`);
    if (fields.has(name)) throw wrong(place, `${name} is set twice`);
    fields.set(name, quoted?.replaceAll(/\\(.)/gsu, '$1') ?? plain);
  }
  return fields;
}

function bytesOf(text: string | undefined, name: string, place: number): Buffer | null {
  if (text === undefined) return null;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > 0 && bytes.toString('base64') === text) return bytes;
  throw wrong(place, `${name} is not base64`);
}

/** @throws ConfigError, which shows no password */
export function parseScramUsers(text: string): FirstScramUser[] {
  let place = 0;
  const form = (): ConfigError => wrong(place + 1, 'it is not of the form SCRAM-SHA-256=[name=alice,password=secret]');
  const users: FirstScramUser[] = [];
  for (const [, mechanism = '', inner = ''] of matches(USER, text.trim(), () => form())) {
    place += 1;
    const fields = fieldsOf(inner, place);
    const name = fields.get('name') ?? '';
    if (name === '') throw wrong(place, 'it has no name');
    const iterations = Number(fields.get('iterations') ?? MIN_ITERATIONS);
    if (!Number.isInteger(iterations) || iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      throw wrong(place, `iterations must be ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`);
    }
    const salt = bytesOf(fields.get('salt'), 'salt', place);
    const salted = bytesOf(fields.get('saltedpassword'), 'saltedpassword', place);
    const plain = fields.get('password') || null;
    if ((plain === null) === (salted === null)) throw wrong(place, 'it needs one of password and saltedpassword');
    if (salted !== null && salt === null) throw wrong(place, 'saltedpassword needs its salt');
    const password = plain ?? { salted: salted as Buffer };
    users.push({ mechanism: mechanism as FirstScramUser['mechanism'], name, password, iterations, salt });
  }
  return users;
}
