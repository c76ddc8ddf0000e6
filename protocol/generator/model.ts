/** The schema, resolved for the generator: numeric version ranges, one entry per struct, names for the code. */
import type { Field, Fields, Message, PrimitiveType, VersionRange } from '../schema.ts';
import { includesVersion, parseVersions } from '../schema.ts';
import { minValueSize } from '../table/values.ts';

/** A field with its ranges resolved. */
export interface FieldModel {
  readonly name: string;
  /** The name of its local variable; differs from `name` where that is taken. */
  readonly local: string;
  readonly field: Field;
  readonly versions: VersionRange;
  readonly nullable: VersionRange;
  readonly isNullable: boolean;
  readonly isCompact: (version: number) => boolean;
  /** TypeScript's name of the struct, when it is one. */
  readonly struct: string;
}

/** A struct and the message it belongs to; the message itself is one too. */
export interface StructModel {
  readonly name: string;
  readonly about: string;
  /** Versions in which it occurs, both inclusive. */
  readonly min: number;
  readonly max: number;
  readonly fields: readonly FieldModel[];
}

/** A message ready to be generated. */
export interface MessageModel {
  readonly message: Message;
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly flexible: VersionRange;
  /** Nested structs first, the message itself last. */
  readonly structs: readonly StructModel[];
}

const TAKEN = new Set(['reader', 'writer', 'message', 'version', 'tag', 'end', 'left', 'items', 'count', 'default']);

/** `FetchRequest` → `fetch-request`. */
export function kebabCase(name: string): string {
  return name
    .replace(/^KRaft/, 'Kraft')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

/** `FetchRequest` → `FETCH_REQUEST`. */
export function constantCase(name: string): string {
  return kebabCase(name).replaceAll('-', '_').toUpperCase();
}

/** Resolves a message. @throws Error when the schema contradicts itself. */
export function resolveMessage(message: Message): MessageModel {
  const range = parseVersions(message.versions);
  const flexible = parseVersions(message.flexible);
  const found = new Map<string, FoundStruct>();
  collectStructs(found, message.name, message, range);
  const structs = [...found].map(([name, { about, fields, min, max }]) => ({
    name,
    about,
    min,
    max,
    fields: Object.entries(fields).map(([fieldName, field]) => resolveField(fieldName, field, flexible)),
  }));
  return { message, name: message.name, min: range.first, max: range.last, flexible, structs: structs.toReversed() };
}

interface FoundStruct {
  readonly about: string;
  readonly fields: Fields;
  min: number;
  max: number;
}

/** Adds a struct and those within it, outer ones first; one used twice gets the versions of both uses. */
function collectStructs(
  found: Map<string, FoundStruct>,
  name: string,
  { about = '', fields = {} }: Pick<Field, 'about' | 'fields'>,
  range: VersionRange,
): void {
  const known = found.get(name);
  if (known === undefined) found.set(name, { about, fields, min: range.first, max: range.last });
  else if (known.fields === fields) {
    known.min = Math.min(known.min, range.first);
    known.max = Math.max(known.max, range.last);
  } else throw new Error(`Two structs are called ${name}`);
  for (const field of Object.values(fields)) {
    if (field.fields === undefined || field.struct === undefined) continue;
    const own = parseVersions(field.versions ?? '0+');
    const inner = { first: Math.max(own.first, range.first), last: Math.min(own.last, range.last) };
    if (inner.first <= inner.last) collectStructs(found, field.struct, field, inner);
  }
}

function resolveField(name: string, field: Field, flexible: VersionRange): FieldModel {
  const isOld = field.flexible === 'none';
  return {
    name,
    local: TAKEN.has(name) ? `${name}Value` : name,
    field,
    versions: parseVersions(field.versions ?? '0+'),
    nullable: parseVersions(field.nullable ?? 'none'),
    isNullable: field.nullable !== undefined || field.default === null,
    isCompact: (version) => !isOld && includesVersion(flexible, version),
    struct: field.struct ?? '',
  };
}

/** The fewest bytes that a struct takes in any version; a bound for array counts. */
export function minStructSize(model: MessageModel, struct: string): number {
  const { fields, min, max } = findStruct(model, struct);
  let smallest = Infinity;
  for (let version = min; version <= max; version++) {
    let size = includesVersion(model.flexible, version) ? 1 : 0;
    let isUsed = false;
    for (const field of fields) {
      if (field.field.tag !== undefined || !includesVersion(field.versions, version)) continue;
      isUsed = true;
      size += minFieldSize(model, field, version);
    }
    if (isUsed) smallest = Math.min(smallest, size);
  }
  return Number.isFinite(smallest) ? smallest : 1;
}

function minFieldSize(model: MessageModel, field: FieldModel, version: number): number {
  if (field.field.type !== 'struct' || field.field.isArray) return minValueSize(field.field, field.isCompact(version));
  return includesVersion(field.nullable, version) ? 1 : minStructSize(model, field.struct);
}

/** A struct of a message by name. */
export function findStruct(model: MessageModel, name: string): StructModel {
  const struct = model.structs.find((candidate) => candidate.name === name);
  if (struct === undefined) throw new Error(`${model.name} has no struct ${name}`);
  return struct;
}

/** The TypeScript expression of a field's default. */
export function defaultExpression(field: FieldModel): string {
  const value = field.field.default;
  if (value === null) return 'null';
  if (field.field.isArray) return '[]';
  switch (field.field.type) {
    case 'struct':
      return `default${field.struct}()`;
    case 'string':
      return `'${String(value ?? '')}'`;
    case 'bool':
      return String(value ?? false);
    case 'uuid':
      return 'ZERO_UUID';
    case 'bytes':
      return 'NO_BYTES';
    case 'records':
      return field.isNullable ? 'null' : 'NO_BYTES';
    case 'int64':
      return `${String(value ?? 0)}n`;
    default:
      return value === Number.MAX_SAFE_INTEGER ? 'Number.MAX_SAFE_INTEGER' : String(value ?? 0);
  }
}

/** The TypeScript type of a field. */
export function typeExpression(field: FieldModel): string {
  const { type, isArray } = field.field;
  const element = type === 'struct' ? field.struct : (TYPES[type] ?? 'number');
  return `${element}${isArray ? '[]' : ''}${field.isNullable ? ' | null' : ''}`;
}

const TYPES: Readonly<Partial<Record<PrimitiveType, string>>> = {
  bool: 'boolean',
  int64: 'bigint',
  string: 'string',
  uuid: 'string',
  bytes: 'Buffer',
  records: 'Buffer',
};
