/** The answers that are made for injected errors: for every API and version, one that its clients can read. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { apiName, type ApiName } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { Reader } from '../../protocol/reader.ts';
import { type Fields, includesVersion, type Message as Schema, parseVersions } from '../../protocol/schema.ts';
import { Writer } from '../../protocol/writer.ts';
import { errorAnswer, mergeAnswers, splitRequest, type Message } from '../../src/embed/faults/error-answer.ts';
import { shapeOf } from '../../src/embed/faults/requests.ts';
import { handlers } from '../../src/handlers/index.ts';

const protocol = join(dirname(fileURLToPath(import.meta.url)), '../../protocol');
const CODE = ErrorCode.KAFKA_STORAGE_ERROR;
/** Errors that the broker cannot tell of: the answer has no place for them in these versions. */
const SILENT = new Set(['DescribeLogDirs 0', 'DescribeLogDirs 1', 'DescribeLogDirs 2']);

type Codec = Record<string, (...args: unknown[]) => unknown>;

async function schemas(): Promise<Map<string, Schema>> {
  const found = new Map<string, Schema>();
  for (const name of readdirSync(join(protocol, 'messages')).filter((file) => file.endsWith('.ts'))) {
    const module = (await import(pathToFileURL(join(protocol, 'messages', name)).href)) as Record<string, Schema>;
    for (const schema of Object.values(module)) found.set(schema.name, schema);
  }
  return found;
}

const all = await schemas();

function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

async function codec(name: string): Promise<Codec> {
  return (await import(pathToFileURL(join(protocol, 'generated', `${kebab(name)}.ts`)).href)) as Codec;
}

/** A request with two elements in each list, as it would be read. */
function sample(fields: Fields, version: number, nth = 0): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (field.versions !== undefined && !includesVersion(parseVersions(field.versions), version)) continue;
    const value = (at: number): unknown => {
      if (field.type === 'struct') return sample(field.fields ?? {}, version, at);
      if (field.type === 'string') return `${name}${at}`;
      if (field.type === 'uuid') return `${'A'.repeat(20)}${at === 0 ? 'B' : 'C'}A`;
      if (field.type === 'bytes' || field.type === 'records') return Buffer.from([1]);
      if (field.type === 'bool') return true;
      if (field.type === 'int64') return BigInt(at + 1);
      return at;
    };
    made[name] = field.isArray ? [value(0), value(1)] : value(nth);
  }
  return made;
}

interface Found {
  readonly path: string;
  readonly code: number;
}

/** All error codes in an answer. */
function codesIn(value: unknown, path = ''): Found[] {
  if (Array.isArray(value)) return value.flatMap((element) => codesIn(element, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    /^(partitionE|e)rrorCode$/.test(name)
      ? [{ path: `${path}.${name}`, code: field as number }]
      : codesIn(field, `${path}.${name}`),
  );
}

for (const served of handlers) {
  const name = apiName(served.apiKey) as ApiName;
  test(`an error for ${name} is an answer of each of its versions`, async () => {
    const response = await codec(`${name}Response`);
    const request = all.get(`${name}Request`) ?? assert.fail();
    for (let version = served.minVersion; version <= served.maxVersion; version++) {
      const body = sample(request.fields, version);
      const answer = errorAnswer(shapeOf(name), version, body, { code: CODE });
      const writer = new Writer();
      response[`write${name}Response`]?.(writer, answer, version);
      const read = response[`read${name}Response`]?.(new Reader(writer.toBuffer()), version);
      const codes = codesIn(read);
      const errors = codes.filter(({ code }) => code === CODE);
      if (SILENT.has(`${name} ${version}`)) assert.deepEqual(errors, []);
      else assert.ok(errors.length > 0, `${name} ${version}: ${JSON.stringify(read, bigints)}`);
      // Whatever is deepest has the error, too, unless only the top has it.
      const isTopOnly = errors.every(({ path }) => path === '.errorCode');
      const silent = codes.filter(({ path, code }) => code !== CODE && path.includes('[]'));
      if (!isTopOnly) assert.deepEqual(silent, [], `${name} ${version}`);
    }
  });
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

test('an error for one partition leaves the others to the broker, whose answer is whole', () => {
  const shape = shapeOf('Produce');
  const request: Message = {
    acks: -1,
    topicData: [
      { name: 'a', partitionData: [{ index: 0 }, { index: 1 }] },
      { name: 'b', partitionData: [{ index: 0 }] },
    ],
  };
  const { failing, rest } = splitRequest(shape, request, ({ name }, partition) => name === 'a' && partition === 1);
  assert.deepEqual(failing?.['topicData'], [{ name: 'a', partitionData: [{ index: 1 }] }]);
  assert.deepEqual(rest?.['topicData'], [
    { name: 'a', partitionData: [{ index: 0 }] },
    { name: 'b', partitionData: [{ index: 0 }] },
  ]);
  const errors = errorAnswer(shape, 9, failing ?? {}, { code: CODE, message: 'm' });
  const answer = {
    responses: [
      { name: 'a', partitionResponses: [{ index: 0, baseOffset: 5 }] },
      { name: 'b', partitionResponses: [{ index: 0, baseOffset: 7 }] },
    ],
  };
  assert.deepEqual(mergeAnswers(shape, request, answer, errors)['responses'], [
    {
      name: 'a',
      partitionResponses: [
        { index: 0, baseOffset: 5 },
        { index: 1, errorCode: CODE, errorMessage: 'm', baseOffset: -1 },
      ],
    },
    { name: 'b', partitionResponses: [{ index: 0, baseOffset: 7 }] },
  ]);
});
