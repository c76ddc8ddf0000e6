/**
 * The schemas against the facts of Apache Kafka 4.4: names, types, version ranges, tags and defaults of every field of
 * every message, as its own message definitions have them (test/golden/kafka-4.4-messages.json, facts only). What 4.0
 * dropped is compared with those of Kafka 3.9.1 (test/golden/kafka-3.9-messages.json, from the jar of its clients).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ApiKey, apiInfo, requestHeaderVersion, responseHeaderVersion } from '../../protocol/apis.ts';
import type { Field, Fields, Message, VersionRange, Versions } from '../../protocol/schema.ts';
import { parseVersions } from '../../protocol/schema.ts';
import { loadSchemas } from '../support/schema-interpreter.ts';

interface FieldFacts {
  readonly name: string;
  readonly type: string;
  readonly versions?: Versions;
  readonly nullableVersions?: Versions;
  readonly taggedVersions?: Versions;
  readonly flexibleVersions?: Versions;
  readonly tag?: number;
  readonly default?: unknown;
  readonly ignorable?: boolean;
  readonly fields?: readonly FieldFacts[];
}

interface MessageFacts {
  readonly type: string;
  readonly name: string;
  readonly apiKey?: number;
  readonly validVersions: Versions;
  readonly flexibleVersions?: Versions;
  readonly latestVersionUnstable?: boolean;
  readonly listeners?: readonly string[];
  readonly fields: readonly FieldFacts[];
  readonly commonStructs?: readonly FieldFacts[];
}

function readFacts(release: string): MessageFacts[] {
  const golden = join(import.meta.dirname, `../golden/kafka-${release}-messages.json`);
  return JSON.parse(readFileSync(golden, 'utf8')) as MessageFacts[];
}

const facts = readFacts('4.4');
/** Messages of which Kafka 4.0 dropped versions. */
const oldFacts = new Map(readFacts('3.9').map((fact) => [fact.name, fact]));
const schemas = new Map((await loadSchemas()).map((schema) => [schema.name, schema]));

/** A range cut to the versions that exist, as text: `0+` and `0-3` are alike in a message of versions 0 to 3. */
function within(versions: Versions | undefined, outer: VersionRange): string {
  const { first, last } = parseVersions(versions ?? '0+');
  const range = { first: Math.max(first, outer.first), last: Math.min(last, outer.last) };
  return range.first > range.last ? 'never' : `${range.first}-${range.last}`;
}

/** In Kafka's definitions the text "null" is a default of null, whereas a bare null is no default at all. */
function defaultText(type: string, value: unknown): string {
  if (value === 'null') return 'null';
  if (type === 'string') return `'${String(value ?? '')}'`;
  if (type === 'bool') return String(value ?? false);
  if (/^[[A-Z]|^(uuid|bytes|records)$/.test(type)) return 'empty';
  return String(BigInt(String(value ?? 0)));
}

function schemaDefault(type: string, field: Field): string {
  if (field.default === Number.MAX_SAFE_INTEGER) return String(2n ** 63n - 1n);
  return defaultText(type, field.default === null ? 'null' : field.default);
}

function schemaType(field: Field): string {
  const element = field.type === 'struct' ? (field.struct ?? '') : field.type === 'offset' ? 'int64' : field.type;
  return `${field.isArray ? '[]' : ''}${element}`;
}

/** Compares what `outer` has of a struct's fields with the facts of a release. */
function compareFields(
  path: string,
  all: readonly FieldFacts[],
  actual: Fields,
  message: MessageFacts,
  outer: VersionRange,
): void {
  const expected = all.filter(({ versions, taggedVersions }) => within(versions ?? taggedVersions, outer) !== 'never');
  const names = expected.map(({ name }) => name.charAt(0).toLowerCase() + name.slice(1));
  const present = Object.keys(actual).filter((name) => within(actual[name]?.versions, outer) !== 'never');
  assert.deepEqual(present, names, `${path}: fields and their order`);
  for (const [index, fact] of expected.entries()) {
    const name = names[index] as string;
    const field = actual[name] as Field;
    const where = `${path}.${name}`;
    assert.equal(schemaType(field), fact.type, `${where}: type`);
    assert.equal(
      within(field.versions, outer),
      within(fact.versions ?? fact.taggedVersions, outer),
      `${where}: versions`,
    );
    assert.equal(
      within(field.nullable ?? 'none', outer),
      within(fact.nullableVersions ?? 'none', outer),
      `${where}: nullable`,
    );
    assert.equal(field.tag, fact.tag, `${where}: tag`);
    // 4.4 lets go of some that 3.9 did not.
    if (message !== oldFacts.get(message.name) || field.ignorable !== true)
      assert.equal(field.ignorable ?? false, fact.ignorable ?? false, `${where}: ignorable`);
    assert.equal(field.flexible, fact.flexibleVersions, `${where}: flexible`);
    assert.equal(schemaDefault(fact.type, field), defaultText(fact.type, fact.default), `${where}: default`);
    if (field.fields !== undefined) {
      const struct = fact.type.replace('[]', '');
      const inner = fact.fields ?? message.commonStructs?.find((common) => common.name === struct)?.fields;
      compareFields(where, inner ?? [], field.fields, message, outer);
    }
  }
}

describe('schemas and Kafka 4.4', () => {
  for (const fact of facts) {
    if (fact.validVersions === 'none') continue;
    test(`${fact.name} is as Kafka defines it`, () => {
      const schema = schemas.get(fact.name) as Message;
      assert.ok(schema, 'there is a schema');
      assert.equal(schema.kind, fact.type);
      assert.equal(schema.apiKey, fact.apiKey);
      const valid = parseVersions(fact.validVersions);
      const old = oldFacts.get(fact.name);
      const oldest = old === undefined ? valid.first : parseVersions(old.validVersions).first;
      assert.deepEqual(parseVersions(schema.versions), { first: oldest, last: valid.last });
      assert.equal(schema.flexible, fact.flexibleVersions ?? 'none');
      assert.equal(schema.latestVersionUnstable ?? false, fact.latestVersionUnstable ?? false);
      assert.deepEqual(schema.listeners, fact.listeners);
      compareFields(fact.name, fact.fields, schema.fields, fact, valid);
      if (old === undefined) return;
      compareFields(`${fact.name} of 3.9`, old.fields, schema.fields, old, { first: oldest, last: valid.first - 1 });
    });
  }

  test('there is no schema that Kafka does not have', () => {
    const known = new Set(facts.map(({ name }) => name));
    assert.deepEqual(
      [...schemas.keys()].filter((name) => !known.has(name)),
      [],
    );
  });
});

describe('the table of APIs', () => {
  const requests = facts.filter(({ type }) => type === 'request');

  test('has every API key that ever was', () => {
    const expected = requests.map(({ name, apiKey }) => [name.replace(/Request$/, ''), apiKey]);
    assert.deepEqual(Object.fromEntries(expected), ApiKey);
  });

  test('has the stable versions, flexible versions and listeners of the messages', () => {
    const used = requests.filter(({ validVersions }) => validVersions !== 'none');
    assert.equal(apiInfo.size, used.length);
    for (const fact of used) {
      const info = apiInfo.get(fact.apiKey ?? -1);
      const { first, last } = parseVersions(fact.validVersions);
      const unstable = fact.latestVersionUnstable === true ? last : undefined;
      const flexible = fact.flexibleVersions ?? 'none';
      const old = oldFacts.get(fact.name);
      assert.deepEqual(info, {
        key: fact.apiKey,
        name: fact.name.replace(/Request$/, ''),
        minVersion: first,
        maxVersion: unstable === undefined ? last : last - 1,
        flexibleFrom: flexible === 'none' ? Infinity : parseVersions(flexible).first,
        listeners: fact.listeners?.toSorted(),
        ...(unstable === undefined ? {} : { unstableVersion: unstable }),
        ...(old === undefined ? {} : { oldVersion: parseVersions(old.validVersions).first }),
      });
    }
  });

  test('gives flexible versions the newer headers, except for the response of ApiVersions', () => {
    assert.equal(requestHeaderVersion(ApiKey.Fetch, 11), 1);
    assert.equal(requestHeaderVersion(ApiKey.Fetch, 12), 2);
    assert.equal(responseHeaderVersion(ApiKey.Fetch, 11), 0);
    assert.equal(responseHeaderVersion(ApiKey.Fetch, 12), 1);
    assert.equal(requestHeaderVersion(ApiKey.ApiVersions, 3), 2);
    assert.equal(responseHeaderVersion(ApiKey.ApiVersions, 4), 0);
    assert.equal(requestHeaderVersion(ApiKey.SaslHandshake, 1), 1);
    assert.equal(requestHeaderVersion(9999, 3), 1);
  });
});
