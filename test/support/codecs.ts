/** The generated codecs of all messages, paired with their schemas. */
import { join } from 'node:path';
import { kebabCase } from '../../protocol/generator/model.ts';
import type { Reader } from '../../protocol/reader.ts';
import type { Message } from '../../protocol/schema.ts';
import type { Writer } from '../../protocol/writer.ts';
import { loadSchemas } from './schema-interpreter.ts';

/** One message: its schema and what was generated from it. */
export interface Codec {
  readonly schema: Message;
  readonly read: (reader: Reader, version: number) => object;
  readonly write: (writer: Writer, value: object, version: number) => void;
}

const generated = join(import.meta.dirname, '../../protocol/generated');

/** Loads everything; `npm run prepare` must have run. */
export async function loadCodecs(): Promise<Codec[]> {
  const schemas = await loadSchemas();
  return Promise.all(
    schemas.map(async (schema) => {
      const module = (await import(join(generated, `${kebabCase(schema.name)}.ts`))) as Record<string, unknown>;
      return {
        schema,
        read: module[`read${schema.name}`] as Codec['read'],
        write: module[`write${schema.name}`] as Codec['write'],
      };
    }),
  );
}
