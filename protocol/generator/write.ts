/** Generates the writing half of a codec. */
import { methodName } from '../method-name.ts';
import { includesVersion } from '../schema.ts';
import type { FieldModel, MessageModel, StructModel } from './model.ts';
import { defaultExpression } from './model.ts';
import { arraySuffix } from './read.ts';
import { byVersion, statementByVersion } from './versions.ts';

/** The writers of all structs of a message. */
export function generateWriters(model: MessageModel): string {
  let code = '';
  for (const struct of model.structs) {
    code += writeFunction(model, struct);
    const isArrayElement = model.structs.some(({ fields }) =>
      fields.some(({ field, struct: name }) => field.isArray && name === struct.name),
    );
    if (isArrayElement) code += writeArrayFunction(model, struct);
    if (needsDefault(model, struct.name)) code += defaultFunctions(struct);
  }
  for (const { name } of model.structs) {
    if (!code.includes(`!isDefault${name}(`))
      code = code.replace(new RegExp(`function isDefault${name}\\([^]*?\\n}\\n\\n`), '');
  }
  return code;
}

/** Whether a struct is somewhere a field that is not null by default, and so needs a default value. */
function needsDefault(model: MessageModel, struct: string): boolean {
  return model.structs.some(({ fields }) =>
    fields.some(({ field, struct: name }) => name === struct && !field.isArray && field.default !== null),
  );
}

function writeFunction(model: MessageModel, struct: StructModel): string {
  const isMessage = struct.name === model.name;
  let body = '';
  if (isMessage) body += `checkVersion('${model.name}', version, VERSIONS);\n`;
  if (struct.fields.length > 0) {
    const fields = struct.fields.map((field) => bindingWithDefault(field));
    body += `const { ${fields.join(', ')} } = message;\n`;
  }
  const tagged: FieldModel[] = [];
  for (const field of struct.fields) {
    if (field.field.tag === undefined) body += `${statementByVersion(struct, (v) => writeField(struct, field, v))}\n`;
    else {
      tagged.push(field);
      body += `${statementByVersion(struct, (v) => (includesVersion(field.versions, v) ? '' : refuse(struct, field)))}\n`;
    }
  }
  body += writeTags(model, struct, tagged);
  const about = isMessage
    ? `/** Writes a ${model.name}; fields left out get Kafka's defaults. @throws ProtocolError for what the version cannot carry. */\n`
    : '';
  const used = (name: string): string => (new RegExp(`\\b${name}\\b`).test(body) ? name : `_${name}`);
  return `${about}${isMessage ? 'export ' : ''}function write${struct.name}(${used('writer')}: Writer, ${used('message')}: Input<${struct.name}>, ${used('version')}: number): void {
${body}}

`;
}

function binding(field: FieldModel): string {
  return field.name === field.local ? field.name : `${field.name}: ${field.local}`;
}

function bindingWithDefault(field: FieldModel): string {
  return isOptionalStruct(field) ? binding(field) : `${binding(field)} = ${defaultExpression(field)}`;
}

/** A tagged struct that is left out is not built just to find that it is the default. */
function isOptionalStruct({ field }: FieldModel): boolean {
  return field.type === 'struct' && !field.isArray && field.tag !== undefined && field.default !== null;
}

function writeArrayFunction(model: MessageModel, struct: StructModel): string {
  const isCompact = byVersion(struct, (v) => String(includesVersion(model.flexible, v)));
  return `function write${struct.name}Array(writer: Writer, items: ReadonlyArray<Input<${struct.name}>> | null, version: number): void {
writeCount(writer, items, ${simplify(isCompact)});
if (items !== null) for (const item of items) write${struct.name}(writer, item, version);
}

`;
}

/** `version >= 9 ? true : false` without the obvious. */
function simplify(condition: string): string {
  return condition.replace(/^(version >= \d+) \? true : false$/, '$1');
}

function writeField(struct: StructModel, field: FieldModel, version: number): string {
  return includesVersion(field.versions, version) ? writeValue('writer', field, version) : refuse(struct, field);
}

/** The statement that refuses to lose a value; '' where Kafka lets it go. */
function refuse(struct: StructModel, field: FieldModel): string {
  if (field.field.ignorable === true) return '';
  return `if (${isSet(field)}) throw unsupportedField('${struct.name}.${field.name}', version);`;
}

/** The expression that tells whether a field differs from its default. */
function isSet(field: FieldModel): string {
  const { local } = field;
  const { type, isArray } = field.field;
  if (field.field.default === null || (type === 'records' && field.isNullable)) return `${local} !== null`;
  const orNull = field.isNullable ? `${local} === null || ` : '';
  if (isArray) return `${orNull}${local}.length !== 0`;
  if (type === 'bytes' || type === 'records') return `${orNull}${local}.byteLength !== 0`;
  if (isOptionalStruct(field)) {
    const test = `${orNull}!isDefault${field.struct}(${local})`;
    return `${local} !== undefined && ${field.isNullable ? `(${test})` : test}`;
  }
  if (type === 'struct') return `${orNull}!isDefault${field.struct}(${local})`;
  if (type === 'bool') return defaultExpression(field) === 'true' ? `!${local}` : local;
  return `${local} !== ${defaultExpression(field)}`;
}

function writeValue(writer: string, field: FieldModel, version: number): string {
  const { type, isArray } = field.field;
  const isNullable = includesVersion(field.nullable, version);
  const isCompact = field.isCompact(version);
  const value = field.isNullable && !isNullable ? `required(${field.local}, '${field.name}')` : field.local;
  if (isArray) {
    return type === 'struct'
      ? `write${field.struct}Array(${writer}, ${value}, version);`
      : `write${arraySuffix(field)}(${writer}, ${value}, ${String(isCompact)});`;
  }
  if (type === 'int16' && /errorCode$/i.test(field.name)) return `${writer}.errorCode(${value});`;
  if (type !== 'struct') return `${writer}.${methodName(type, isCompact, isNullable)}(${value});`;
  if (!isNullable) return `write${field.struct}(${writer}, ${value}, version);`;
  const present = field.field.tag === undefined ? 'present' : 'taggedPresent';
  return `${writer}.${present}(${value} !== null); if (${value} !== null) write${field.struct}(${writer}, ${value}, version);`;
}

function writeTags(model: MessageModel, struct: StructModel, tagged: readonly FieldModel[]): string {
  const { first, last } = model.flexible;
  const { min, max } = struct;
  if (last < first || first > max) return '';
  const guard = first > min ? `if (version >= ${first}) ` : '';
  const active = tagged.filter(({ versions }) => versions.first <= max);
  if (active.length === 0) return `${guard}writer.uvarint(0);\n`;
  let code = `${guard}{\n`;
  for (const field of active) {
    const conditions: string[] = [];
    if (field.versions.first > Math.max(min, first)) conditions.push(`version >= ${field.versions.first}`);
    if (field.versions.last < max) conditions.push(`version <= ${field.versions.last}`);
    const set = isSet(field);
    conditions.push(conditions.length > 0 && set.includes('||') ? `(${set})` : set);
    code += `const ${field.local}IsSet = ${conditions.join(' && ')};\n`;
  }
  code += `writer.uvarint(${active.map(({ local }) => `Number(${local}IsSet)`).join(' + ')});\n`;
  for (const field of active.toSorted((a, b) => (a.field.tag ?? 0) - (b.field.tag ?? 0))) {
    const version = Math.min(max, Math.max(field.versions.first, first, min));
    code += `if (${field.local}IsSet) {
const body = new Writer();
${writeValue('body', field, version)}
writer.tagged(${field.field.tag}, body);
}
`;
  }
  return `${code}}\n`;
}

/** The default value of a struct, fresh each time, and the test for it. */
function defaultFunctions(struct: StructModel): string {
  const values = struct.fields.map((field) => `${field.name}: ${defaultExpression(field)}`);
  const fields = struct.fields.map((field) => bindingWithDefault(field));
  const tests = struct.fields.map((field) => {
    const test = isSet(field);
    return test.includes('||') ? `(${test})` : test;
  });
  return `function default${struct.name}(): ${struct.name} {
return { ${values.join(', ')} };
}

function isDefault${struct.name}(message: Input<${struct.name}>): boolean {
const { ${fields.join(', ')} } = message;
return !(${tests.join(' || ')});
}

`;
}
