/** A struct of a message, or the message itself, read and written field by field. */
import { required, unsupportedField, writeCount } from '../codec.ts';
import type { Reader } from '../reader.ts';
import { type Field, type Fields, includesVersion, parseVersions, type Versions } from '../schema.ts';
import { Writer } from '../writer.ts';
import {
  defaultValue,
  type Encoding,
  minValueSize,
  type Read,
  valueReader,
  valueWriter,
  type Write,
} from './values.ts';

/** A struct's fields by name; a writer is content with some of them. */
export interface Values {
  [name: string]: unknown;
}

/** What is done about a field in one version. */
interface Step<Act> {
  readonly field: TableField;
  readonly act: Act;
}

/** One version of a struct: its fields in order, and those of its tagged section by their tags; null: it has none. */
interface Plan<Act> {
  readonly steps: ReadonlyArray<Step<Act>>;
  readonly tags: ReadonlyArray<readonly [tag: number, step: Step<Act>]> | null;
}

interface ReadPlan extends Plan<Read> {
  /** All fields in their order, those that are not read with their defaults: copies of it are quickly filled in. */
  readonly template: Values;
  readonly minSize: number;
}

/** In versions of the whole message. */
export class TableStruct {
  readonly #name: string;
  readonly #flexible: number;
  readonly #fields: readonly TableField[];
  readonly #reading: Array<ReadPlan | undefined> = [];
  readonly #writing: Array<Plan<Write> | undefined> = [];

  /** @param flexible the first version with compact lengths and tagged fields */
  constructor(name: string, fields: Fields, flexible: number) {
    this.#name = name;
    this.#flexible = flexible;
    this.#fields = Object.entries(fields).map(([field, description]) => new TableField(field, description, flexible));
  }

  read(reader: Reader, version: number): Values {
    const { steps, tags, template } = this.#readingIn(version);
    const values: Values = { ...template };
    for (const { field, act } of steps) values[field.name] = act(reader);
    for (let left = tags === null ? 0 : reader.tagCount(); left > 0; left--) {
      const tag = reader.tag();
      const end = reader.tagEnd();
      const step = tags?.find(([known]) => known === tag)?.[1];
      if (step === undefined) reader.skipTo(end);
      else values[step.field.name] = step.act(reader);
      reader.expectAt(end);
    }
    return values;
  }

  readArray(reader: Reader, version: number): Values[] | null {
    const size = this.#readingIn(version).minSize;
    const count = version >= this.#flexible ? reader.compactCount(size) : reader.count(size);
    if (count < 0) return null;
    const items: Values[] = [];
    for (let left = count; left > 0; left--) items.push(this.read(reader, version));
    return items;
  }

  write(writer: Writer, values: Values, version: number): void {
    const { steps, tags } = (this.#writing[version] ??= this.#planWriting(version));
    for (const { field, act } of steps) act(writer, field.valueOf(values));
    if (tags === null) return;
    const set = tags.filter(([, { field }]) => field.isSet(field.valueOf(values)));
    writer.uvarint(set.length);
    for (const [tag, { field, act }] of set) {
      const body = new Writer();
      act(body, field.valueOf(values));
      writer.tagged(tag, body);
    }
  }

  writeArray(writer: Writer, items: readonly Values[] | null, version: number): void {
    writeCount(writer, items, version >= this.#flexible);
    if (items !== null) for (const item of items) this.write(writer, item, version);
  }

  /** A new struct with nothing but defaults. */
  defaults(): Values {
    return Object.fromEntries(this.#fields.map((field) => [field.name, field.default()]));
  }

  isDefault(values: Values): boolean {
    return this.#fields.every((field) => !field.isSet(field.valueOf(values)));
  }

  /** The fewest bytes that it takes: a bound for counts that are read. */
  minSize(version: number): number {
    return this.#readingIn(version).minSize;
  }

  #readingIn(version: number): ReadPlan {
    return (this.#reading[version] ??= this.#planReading(version));
  }

  #planReading(version: number): ReadPlan {
    const steps: Array<Step<Read>> = [];
    const template: Values = {};
    let minSize = version >= this.#flexible ? 1 : 0;
    for (const field of this.#fields) {
      const isRead = field.tag === undefined && field.isIn(version);
      template[field.name] = field.hasFreshDefault ? null : field.default();
      if (isRead) minSize += field.minSize(version);
      if (isRead) steps.push({ field, act: field.reader(version) });
      else if (field.hasFreshDefault) steps.push({ field, act: () => field.default() });
    }
    const tags = this.#tagged(version, (field) => ({ field, act: field.reader(version) }));
    return { steps, tags, template, minSize: Math.max(1, minSize) };
  }

  #planWriting(version: number): Plan<Write> {
    const steps: Array<Step<Write>> = [];
    for (const field of this.#fields) {
      if (!field.isIn(version)) {
        if (!field.isIgnorable) steps.push({ field, act: this.#refusal(field, version) });
      } else if (field.tag === undefined) steps.push({ field, act: field.writer(version) });
    }
    return { steps, tags: this.#tagged(version, (field) => ({ field, act: field.writer(version) })) };
  }

  #refusal(field: TableField, version: number): Write {
    return (_, value) => {
      if (field.isSet(value)) throw unsupportedField(`${this.#name}.${field.name}`, version);
    };
  }

  #tagged<Act>(version: number, stepOf: (field: TableField) => Step<Act>): Plan<Act>['tags'] {
    if (version < this.#flexible) return null;
    return this.#fields
      .flatMap((field) => (field.tag !== undefined && field.isIn(version) ? [[field.tag, stepOf(field)] as const] : []))
      .sort(([a], [b]) => a - b);
  }
}

/** A field of a struct. */
class TableField {
  readonly name: string;
  readonly tag: number | undefined;
  readonly isIgnorable: boolean;
  readonly #field: Field;
  readonly #flexible: number;
  readonly #struct: TableStruct | null;

  constructor(name: string, field: Field, flexible: number) {
    this.name = name;
    this.tag = field.tag;
    this.isIgnorable = field.ignorable === true;
    this.#field = field;
    this.#flexible = field.flexible === 'none' ? Infinity : flexible;
    const { struct, fields } = field;
    this.#struct = struct === undefined || fields === undefined ? null : new TableStruct(struct, fields, flexible);
  }

  isIn(version: number): boolean {
    return isIn(this.#field.versions ?? '0+', version);
  }

  /** Whether each value needs a default of its own, as arrays and structs may be changed. */
  get hasFreshDefault(): boolean {
    const { isArray, default: value } = this.#field;
    return (isArray || this.#struct !== null) && value !== null;
  }

  default(): unknown {
    const { isArray, default: value } = this.#field;
    return this.#struct === null || isArray || value === null ? defaultValue(this.#field) : this.#struct.defaults();
  }

  /** What a writer writes of it. A tagged struct that is left out stays so: it is the default. */
  valueOf(values: Values): unknown {
    const value = values[this.name];
    return value === undefined && !this.#isOptionalStruct ? this.default() : value;
  }

  get #isOptionalStruct(): boolean {
    const { isArray, default: value } = this.#field;
    return this.#struct !== null && !isArray && this.tag !== undefined && value !== null;
  }

  /** Whether a value differs from the default. */
  isSet(value: unknown): boolean {
    const { isArray, type } = this.#field;
    const expected = this.#struct === null || isArray ? defaultValue(this.#field) : this.#field.default;
    if (value === null || expected === null) return value !== expected;
    if (isArray) return (value as unknown[]).length > 0;
    if (type === 'bytes' || type === 'records') return (value as Buffer).byteLength > 0;
    if (this.#struct !== null) return value !== undefined && !this.#struct.isDefault(value as Values);
    return value !== expected;
  }

  reader(version: number): Read {
    const struct = this.#struct;
    const encoding = this.#encoding(version);
    if (struct === null) return valueReader(this.name, this.#field, encoding);
    const { isNullable } = encoding;
    if (this.#field.isArray) {
      return (reader) => {
        const items = struct.readArray(reader, version);
        return isNullable ? items : required(items, this.name);
      };
    }
    if (!isNullable) return (reader) => struct.read(reader, version);
    const isThere = (reader: Reader): boolean => (this.tag === undefined ? reader.present() : reader.taggedPresent());
    return (reader) => (isThere(reader) ? struct.read(reader, version) : null);
  }

  writer(version: number): Write {
    const encoding = this.#encoding(version);
    const write =
      this.#struct === null ? valueWriter(this.name, this.#field, encoding) : this.#structWriter(this.#struct, version);
    return encoding.isNullable ? write : (writer, value) => write(writer, required(value, this.name));
  }

  #structWriter(struct: TableStruct, version: number): Write {
    if (this.#field.isArray) return (writer, value) => struct.writeArray(writer, value as Values[] | null, version);
    if (!this.#encoding(version).isNullable) return (writer, value) => struct.write(writer, value as Values, version);
    return (writer, value) => {
      if (this.tag === undefined) writer.present(value !== null);
      else writer.taggedPresent(value !== null);
      if (value !== null) struct.write(writer, value as Values, version);
    };
  }

  /** The fewest bytes that it takes in a version that has it. */
  minSize(version: number): number {
    const { isCompact, isNullable } = this.#encoding(version);
    if (this.#struct === null || this.#field.isArray) return minValueSize(this.#field, isCompact);
    return isNullable ? 1 : this.#struct.minSize(version);
  }

  #encoding(version: number): Encoding {
    const { nullable } = this.#field;
    return { isCompact: version >= this.#flexible, isNullable: nullable !== undefined && isIn(nullable, version) };
  }
}

function isIn(versions: Versions, version: number): boolean {
  return includesVersion(parseVersions(versions), version);
}
