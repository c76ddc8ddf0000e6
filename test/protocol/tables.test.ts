/** Messages by a table against code for each field: both are made of every message here, whichever of them it has. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, describe, test } from 'node:test';
import { codeModule, tableModule } from '../../protocol/generator/file.ts';
import { resolveMessage } from '../../protocol/generator/model.ts';
import { Reader } from '../../protocol/reader.ts';
import { type Message, parseVersions } from '../../protocol/schema.ts';
import { parseTable, tableText } from '../../protocol/table/text.ts';
import { Writer } from '../../protocol/writer.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Codec } from '../support/codecs.ts';
import { interpretWrite, loadSchemas, randomMessage, type Struct, versionsOf } from '../support/schema-interpreter.ts';

const protocol = pathToFileURL(join(import.meta.dirname, '../../protocol')).href;
const directory = mkdtempSync(join(tmpdir(), 'walka-tables-'));
after(() => rmSync(directory, { recursive: true, force: true }));

async function load(schema: Message, kind: string, text: string): Promise<Codec> {
  const path = join(directory, `${schema.name}-${kind}.ts`);
  writeFileSync(path, text.replaceAll("from '../", `from '${protocol}/`));
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  return {
    schema,
    read: module[`read${schema.name}`] as Codec['read'],
    write: module[`write${schema.name}`] as Codec['write'],
  };
}

const schemas = await loadSchemas();
const pairs = await Promise.all(
  schemas.map(async (schema) => ({
    schema,
    code: await load(schema, 'code', codeModule(resolveMessage(schema))),
    table: await load(schema, 'table', tableModule(resolveMessage(schema))),
  })),
);

class Refusal {
  readonly code: string | undefined;
  readonly message: string;

  constructor(code: string | undefined, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** What comes of it: a value, or the error's code and text. */
function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return new Refusal(code, message);
  }
}

function written(codec: Codec, value: object, version: number): unknown {
  return outcome(() => {
    const writer = new Writer();
    codec.write(writer, value, version);
    return { errors: writer.errors, hex: writer.toBuffer().toString('hex') };
  });
}

/** Bytes of a message with a few of them changed, or cut off. */
function* damaged(schema: Message, version: number): Generator<Buffer> {
  const random = seededRandom(version);
  const values = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff];
  for (let round = 0; round < 10; round++) {
    const bytes = Buffer.from(interpretWrite(schema, randomMessage(schema, version, random), version));
    for (let changes = round === 0 ? 0 : random.int(4); changes > 0 && bytes.length > 0; changes--)
      bytes[random.int(bytes.length)] = values[random.int(values.length)] as number;
    yield round % 5 === 4 ? bytes.subarray(0, random.int(bytes.length + 1)) : bytes;
  }
}

describe('a table', () => {
  test('is the fields that it was made of', () => {
    for (const { name, fields, versions } of schemas) {
      const text = tableText(fields, parseVersions(versions));
      assert.equal(tableText(parseTable(text), parseVersions(versions)), text, name);
    }
  });

  test('reads what code reads, in the same order, or refuses it for the same reason', () => {
    let [sound, refused] = [0, 0];
    for (const { schema, code, table } of pairs) {
      for (const version of versionsOf(schema)) {
        for (const bytes of damaged(schema, version)) {
          const [one, other] = [code, table].map(({ read }) => outcome(() => read(new Reader(bytes), version)));
          // A table knows the least size of an element in this version, code that in any: the one sees earlier what is short.
          const isEarlier = one instanceof Refusal && other instanceof Refusal && other.code === 'invalid-length';
          if (!isEarlier) assert.deepEqual(other, one, `${schema.name} ${version}: ${bytes.toString('hex')}`);
          assert.deepEqual(Object.keys(other as object), Object.keys(one as object));
          if (one instanceof Refusal) refused++;
          else sound++;
        }
      }
    }
    assert.ok(sound > 1000 && refused > 1000, `${sound} sound, ${refused} refused`);
  });

  test('writes what code writes in any version, with what is left out and what the version cannot carry', () => {
    const random = seededRandom(7);
    for (const { schema, code, table } of pairs) {
      const versions = versionsOf(schema);
      for (const version of versions) {
        for (const other of [version, versions[0], versions.at(-1)]) {
          const value: Struct = randomMessage(schema, other as number, random);
          const names = Object.keys(value);
          if (names.length > 0 && random.int(3) === 0) delete value[names[random.int(names.length)] as string];
          assert.deepEqual(written(table, value, version), written(code, value, version), `${schema.name} ${version}`);
        }
      }
    }
  });
});
