/**
 * Hostile bytes: whatever arrives, a reader returns a message or throws a `ProtocolError`. No other error, no hang, no
 * memory in proportion to a length that the bytes only claim.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtocolError } from '../../protocol/errors.ts';
import { readRequestHeader } from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Codec } from '../support/codecs.ts';
import { loadCodecs } from '../support/codecs.ts';
import { interpretWrite, randomMessage, versionsOf } from '../support/schema-interpreter.ts';

const SEED = 4_711;
/** Headroom over what a test of its size may allocate; a claimed length is up to 2 GiB. */
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;

const codecs = await loadCodecs();

/** Reads hostile bytes. Returns the message, or undefined where it was refused. */
function attempt(codec: Codec, bytes: Buffer, version: number): object | undefined {
  try {
    return codec.read(new Reader(bytes), version);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw new Error(`${codec.schema.name} ${version}: ${bytes.toString('hex')}`, { cause: error });
  }
}

/** What was read from hostile bytes is a message all the same: it can be written again. */
function rewrite(codec: Codec, message: object | undefined, version: number): void {
  if (message !== undefined) codec.write(new Writer(), message, version);
}

describe('hostile bytes', () => {
  test('random ones are refused or read', () => {
    const random = seededRandom(SEED);
    for (const codec of codecs) {
      for (const version of versionsOf(codec.schema)) {
        for (let round = 0; round < 12; round++) {
          const bytes = random.bytes(random.int(200));
          // Mostly zeros and small numbers get further into a message than noise does.
          if (round % 2 === 0)
            for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) < 200 ? 0 : random.int(5);
          rewrite(codec, attempt(codec, bytes, version), version);
        }
      }
    }
  });

  test('valid messages with a few bytes changed are refused or read', () => {
    const random = seededRandom(SEED + 1);
    const values = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff];
    for (const codec of codecs) {
      for (const version of versionsOf(codec.schema)) {
        const valid = interpretWrite(codec.schema, randomMessage(codec.schema, version, random), version);
        for (let round = 0; round < 20 && valid.length > 0; round++) {
          const bytes = Buffer.from(valid);
          for (let changes = random.int(3); changes >= 0; changes--) {
            bytes[random.int(bytes.length)] = values[random.int(values.length)] as number;
          }
          rewrite(codec, attempt(codec, bytes, version), version);
        }
      }
    }
  });

  test('a message cut off anywhere is refused', () => {
    const random = seededRandom(SEED + 2);
    for (const codec of codecs) {
      for (const version of versionsOf(codec.schema)) {
        const valid = interpretWrite(codec.schema, randomMessage(codec.schema, version, random), version);
        for (let size = 0; size < Math.min(valid.length, 600); size++) {
          const message = attempt(codec, valid.subarray(0, size), version);
          assert.equal(message, undefined, `${codec.schema.name} ${version} cut at ${size} of ${valid.length}`);
        }
      }
    }
  });

  test('a huge length anywhere allocates nothing', () => {
    const random = seededRandom(SEED + 3);
    const huge = [Buffer.from('7fffffff', 'hex'), Buffer.from('ffffffff0f', 'hex'), Buffer.from('7fff', 'hex')];
    const before = process.memoryUsage();
    for (const codec of codecs) {
      const version = versionsOf(codec.schema).at(-1) ?? 0;
      const valid = interpretWrite(codec.schema, randomMessage(codec.schema, version, random), version);
      for (let at = 0; at < Math.min(valid.length, 300); at++) {
        for (const length of huge) {
          const bytes = Buffer.concat([valid.subarray(0, at), length, valid.subarray(at + length.length)]);
          attempt(codec, bytes, version);
        }
      }
    }
    const after = process.memoryUsage();
    assert.ok(after.rss - before.rss < MAX_GROWTH_BYTES, 'memory');
  });

  test('headers are refused or read', () => {
    const random = seededRandom(SEED + 4);
    for (let round = 0; round < 5_000; round++) {
      const bytes = random.bytes(random.int(40));
      if (round % 2 === 0 && bytes.length > 3) bytes.set([0, random.int(95), 0, random.int(20)]);
      try {
        readRequestHeader(new Reader(bytes));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }
  });

  test('tags that nobody knows are skipped everywhere', () => {
    const random = seededRandom(SEED + 5);
    for (const codec of codecs) {
      const { schema } = codec;
      for (const version of versionsOf(schema)) {
        const value = randomMessage(schema, version, random);
        const bytes = interpretWrite(schema, value, version);
        // A message without tagged fields of its own ends with its empty tagged section.
        const hasOwnTags = Object.values(schema.fields).some(({ tag }) => tag !== undefined);
        const isFlexible = schema.flexible !== 'none' && version >= Number.parseInt(schema.flexible, 10);
        if (!isFlexible || hasOwnTags) continue;
        const extended = Buffer.concat([bytes.subarray(0, -1), Buffer.from('0263020102e40700', 'hex')]);
        const reader = new Reader(extended);
        assert.deepEqual(codec.read(reader, version), value, `${schema.name} ${version}`);
        reader.expectEnd();
      }
    }
  });
});
