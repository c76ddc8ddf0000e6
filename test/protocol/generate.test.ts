/** The generator's output for one message, so that a change of the generator shows in a review. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileName, generateCodecMap, generateMessage, generateResponseReaders } from '../../protocol/generator/file.ts';
import { resolveMessage } from '../../protocol/generator/model.ts';
import { ApiVersionsResponse } from '../../protocol/messages/api-versions.ts';
import { UpdateFeaturesRequest } from '../../protocol/messages/update-features.ts';
import { int32, message, structs } from '../../protocol/schema.ts';
import { loadSchemas } from '../support/schema-interpreter.ts';

const protocol = join(import.meta.dirname, '../../protocol');

for (const [kind, schema] of [
  ['code', ApiVersionsResponse],
  ['table', UpdateFeaturesRequest],
] as const) {
  test(`the generated ${kind} of ${schema.name} is the reviewed one`, () => {
    const snapshot = join(import.meta.dirname, `../golden/${fileName(schema.name)}.ts.txt`);
    const generated = generateMessage(schema);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      writeFileSync(snapshot, generated);
    }
    assert.equal(generated, readFileSync(snapshot, 'utf8'));
  });
}

test('protocol/generated is what the schemas say', async () => {
  const schemas = await loadSchemas();
  const expected = new Map(schemas.map((schema) => [`${fileName(schema.name)}.ts`, generateMessage(schema)]));
  expected.set('codecs.ts', generateCodecMap(schemas));
  expected.set('response-readers.ts', generateResponseReaders(schemas));
  const hint = 'run `npm run prepare`';
  assert.deepEqual(readdirSync(join(protocol, 'generated')).sort(), [...expected.keys()].sort(), hint);
  for (const [file, text] of expected) {
    assert.ok(readFileSync(join(protocol, 'generated', file), 'utf8') === text, `${file}: ${hint}`);
  }
});

test('the generated code never says any', async () => {
  for (const schema of await loadSchemas()) assert.doesNotMatch(generateMessage(schema), /(?:[:<]|\bas) any\b/);
});

test('two different structs of one name in a message are refused', () => {
  const twice = message({
    kind: 'data',
    name: 'Twice',
    versions: '0',
    flexible: 'none',
    about: '',
    fields: { a: structs('Same', {}, { x: int32() }), b: structs('Same', {}, { y: int32() }) },
  });
  assert.throws(() => resolveMessage(twice), /Two structs are called Same/);
});
