/** Every message in every version, generated codec against interpreter. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { seededRandom } from '../../src/base/random.ts';
import { loadCodecs } from '../support/codecs.ts';
import type { Struct } from '../support/schema-interpreter.ts';
import { defaultsOf, interpretRead, interpretWrite, randomMessage, versionsOf } from '../support/schema-interpreter.ts';

const SEED = 20261122;
const ROUNDS = 12;

const codecs = await loadCodecs();

describe('generated codecs', () => {
  for (const { schema, read, write } of codecs) {
    test(`${schema.name} survives a round trip in every version`, () => {
      const random = seededRandom(SEED);
      for (const version of versionsOf(schema)) {
        for (let round = 0; round < ROUNDS; round++) {
          const value = randomMessage(schema, version, random);
          const expected = interpretWrite(schema, value, version);
          const writer = new Writer();
          write(writer, value, version);
          const size = writer.byteLength;
          const bytes = writer.toBuffer();
          assert.equal(size, bytes.length);
          assert.equal(bytes.toString('hex'), expected.toString('hex'), `version ${version}: bytes`);
          const reader = new Reader(bytes);
          const result = read(reader, version);
          reader.expectEnd();
          assert.deepEqual(result, value, `version ${version}: value`);
          assert.deepEqual(interpretRead(schema, bytes, version), value, `version ${version}: oracle`);
        }
      }
    });
  }

  test('a message with nothing given is written with all defaults', () => {
    for (const { schema, write } of codecs) {
      for (const version of versionsOf(schema)) {
        const defaults: Struct = defaultsOf(schema.fields);
        let expected: Buffer;
        try {
          const explicit = new Writer();
          write(explicit, defaults, version);
          expected = explicit.toBuffer();
        } catch (error) {
          // A field that is null by default but may not be null in this version has to be given.
          assert.equal((error as { code?: string }).code, 'unexpected-null', schema.name);
          continue;
        }
        const writer = new Writer();
        write(writer, {}, version);
        assert.deepEqual(writer.toBuffer(), expected, `${schema.name} ${version}`);
      }
    }
  });

  test('a version that does not exist is refused', () => {
    for (const { schema, read, write } of codecs) {
      for (const version of [-1, (versionsOf(schema).at(-1) ?? 0) + 1, Number.NaN]) {
        assert.throws(() => read(new Reader(Buffer.alloc(64)), version), { code: 'unsupported-version' });
        assert.throws(() => write(new Writer(), {}, version), { code: 'unsupported-version' });
      }
    }
  });
});
