/** Generates the reading half of a codec. */
import type { FieldModel, MessageModel, StructModel } from './model.ts';
import { defaultExpression, minStructSize, typeExpression } from './model.ts';
import { methodName } from '../method-name.ts';
import { includesVersion } from '../schema.ts';
import { byVersion } from './versions.ts';

const ARRAYS: Readonly<Record<string, string>> = {
  int8: 'Int8s',
  int16: 'Int16s',
  int32: 'Int32s',
  int64: 'Int64s',
  string: 'Strings',
  uuid: 'Uuids',
};

/** The suffix of the shared functions for arrays of a primitive type. */
export function arraySuffix(field: FieldModel): string {
  const suffix = ARRAYS[field.field.type];
  if (suffix === undefined) throw new Error(`No array functions for ${field.field.type} (${field.name})`);
  return suffix;
}

/** Whether structs of this name need a reader of arrays of them. */
function hasArrayOf(model: MessageModel, struct: string): boolean {
  return model.structs.some(({ fields }) => fields.some(({ field, struct: name }) => field.isArray && name === struct));
}

/** The readers of all structs of a message. */
export function generateReaders(model: MessageModel): string {
  let code = '';
  for (const struct of model.structs) {
    code += readFunction(model, struct);
    if (hasArrayOf(model, struct.name)) code += readArrayFunction(model, struct);
  }
  return code;
}

function readFunction(model: MessageModel, struct: StructModel): string {
  const isMessage = struct.name === model.name;
  let body = '';
  if (isMessage) body += `checkVersion('${model.name}', version, VERSIONS);\n`;
  const tagged: FieldModel[] = [];
  for (const field of struct.fields) {
    if (field.field.tag === undefined)
      body += `const ${field.local} = ${byVersion(struct, (v) => readField(field, v))};\n`;
    else {
      tagged.push(field);
      body += `let ${field.local}: ${typeExpression(field)} = ${defaultExpression(field)};\n`;
    }
  }
  body += readTags(model, struct, tagged);
  const names = struct.fields.map(({ name, local }) => (name === local ? name : `${name}: ${local}`));
  const about = isMessage ? `/** Reads a ${model.name}. @throws ProtocolError on malformed bytes. */\n` : '';
  const reader = readsNothing(struct, model) ? '_reader' : 'reader';
  const version = body.includes('version') ? 'version' : '_version';
  return `${about}${isMessage ? 'export ' : ''}function read${struct.name}(${reader}: Reader, ${version}: number): ${struct.name} {
${body}return { ${names.join(', ')} };
}

`;
}

function readsNothing(struct: StructModel, model: MessageModel): boolean {
  return struct.fields.length === 0 && model.flexible.last < model.flexible.first;
}

function readArrayFunction(model: MessageModel, struct: StructModel): string {
  const size = minStructSize(model, struct.name);
  const count = byVersion(struct, (v) =>
    includesVersion(model.flexible, v) ? `reader.compactCount(${size})` : `reader.count(${size})`,
  );
  return `function read${struct.name}Array(reader: Reader, version: number): ${struct.name}[] | null {
const count = ${count};
if (count < 0) return null;
const items: ${struct.name}[] = [];
for (let left = count; left > 0; left--) items.push(read${struct.name}(reader, version));
return items;
}

`;
}

/** The expression that reads a field in one version, or its default where the version lacks it. */
function readField(field: FieldModel, version: number): string {
  if (!includesVersion(field.versions, version)) return typedDefault(field);
  return readValue(field, version);
}

/** A default that has the field's type even where nothing else says it. */
function typedDefault(field: FieldModel): string {
  const code = defaultExpression(field);
  return code === '[]' ? `[] as ${typeExpression({ ...field, isNullable: false })}` : code;
}

function readValue(field: FieldModel, version: number): string {
  const { type, isArray } = field.field;
  const isNullable = includesVersion(field.nullable, version);
  const isCompact = field.isCompact(version);
  if (isArray) {
    const read =
      type === 'struct'
        ? `read${field.struct}Array(reader, version)`
        : `read${arraySuffix(field)}(reader, ${String(isCompact)})`;
    return isNullable ? read : `required(${read}, '${field.name}')`;
  }
  if (type === 'struct') {
    const read = `read${field.struct}(reader, version)`;
    const isThere = field.field.tag === undefined ? 'reader.present()' : 'reader.taggedPresent()';
    return isNullable ? `(${isThere} ? ${read} : null)` : read;
  }
  return `reader.${methodName(type, isCompact, isNullable)}()`;
}

function readTags(model: MessageModel, struct: StructModel, tagged: readonly FieldModel[]): string {
  const { first, last } = model.flexible;
  const { min, max } = struct;
  if (last < first || first > max) return '';
  const guard = first > min ? `if (version >= ${first}) ` : '';
  if (tagged.length === 0) return `${guard}reader.skipTags();\n`;
  let cases = '';
  for (const field of tagged) {
    const since = Math.max(field.versions.first, first);
    const conditions = [`tag === ${field.field.tag}`];
    if (since > Math.max(min, first)) conditions.push(`version >= ${since}`);
    if (field.versions.last < max) conditions.push(`version <= ${field.versions.last}`);
    const version = Math.min(max, Math.max(since, min));
    cases += `if (${conditions.join(' && ')}) ${field.local} = ${readValue(field, version)};\nelse `;
  }
  return `${guard}{
for (let left = reader.tagCount(); left > 0; left--) {
const tag = reader.tag();
const end = reader.tagEnd();
${cases}reader.skipTo(end);
reader.expectAt(end);
}
}
`;
}
