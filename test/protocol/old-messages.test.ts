/**
 * Requests and responses in the versions that Kafka 4.0 dropped (test/golden/old-messages.hex): made at random, and each
 * read by the code of kafka-clients 3.9.1 and written again as the same bytes (test/conformance/codec.conformance.ts).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { apiInfo } from '../../protocol/apis.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { loadCodecs } from '../support/codecs.ts';
import { interpretRead } from '../support/schema-interpreter.ts';

const lines = readFileSync(join(import.meta.dirname, '../golden/old-messages.hex'), 'utf8')
  .trim()
  .split('\n');
const codecs = new Map((await loadCodecs()).map((codec) => [codec.schema.name, codec]));

/** Messages in `name version hex`, by name. */
const goldens = Map.groupBy(lines, (line) => line.split(' ')[0] as string);

describe('messages that Kafka 4.0 dropped', () => {
  for (const { name, minVersion, oldVersion } of apiInfo.values()) {
    if (oldVersion === undefined) continue;
    for (const half of [`${name}Request`, `${name}Response`]) {
      test(`${half} is read and written again as Kafka 3.9 does`, () => {
        const codec = codecs.get(half);
        assert.ok(codec);
        const versions = new Set<number>();
        for (const line of goldens.get(half) ?? []) {
          const [, text, hex = ''] = line.split(' ');
          const version = Number(text);
          versions.add(version);
          const bytes = Buffer.from(hex, 'hex');
          const reader = new Reader(bytes);
          const message: object = codec.read(reader, version);
          reader.expectEnd();
          assert.deepEqual(interpretRead(codec.schema, bytes, version), message, line);
          const writer = new Writer();
          codec.write(writer, message, version);
          assert.equal(writer.toBuffer().toString('hex'), hex, line);
        }
        const expected = Array.from({ length: minVersion - oldVersion }, (_, index) => oldVersion + index);
        assert.deepEqual([...versions].sort(), expected);
      });
    }
  }
});
