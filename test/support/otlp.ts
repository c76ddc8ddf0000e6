/** Writes metrics as clients push them: OTLP's MetricsData. */

export interface TestPoint {
  readonly value: number;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Only of histograms, whose number of values `value` is. */
  readonly buckets?: { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number };
}

export interface TestMetric {
  readonly name: string;
  /** Left out: a gauge. */
  readonly sum?: { readonly isDelta: boolean; readonly isMonotonic: boolean };
  readonly histogram?: { readonly isDelta: boolean };
  readonly points: readonly TestPoint[];
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

/** A field that is a message, or a text. */
export function field(number_: number, ...content: ReadonlyArray<Buffer | string>): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint((number_ << 3) | 2), varint(bytes.length), bytes]);
}

function double(field_: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint((field_ << 3) | 1), bytes]);
}

function attributesOf(field_: number, attributes: Readonly<Record<string, string>>): Buffer[] {
  return Object.entries(attributes).map(([key, value]) => field(field_, field(1, key), field(2, field(1, value))));
}

function pointOf({ value, attributes = {} }: TestPoint): Buffer {
  return field(1, double(4, value), ...attributesOf(7, attributes));
}

function fixed64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function histogramPoint({ value, attributes = {}, buckets }: TestPoint): Buffer {
  const { bounds = [], counts = [], sum = 0 } = buckets ?? {};
  return field(
    1,
    Buffer.concat([varint((4 << 3) | 1), fixed64(value)]),
    double(5, sum),
    field(6, ...counts.map(fixed64)),
    field(7, ...bounds.map((bound) => double(0, bound).subarray(1))),
    ...attributesOf(9, attributes),
  );
}

/** A varint field with a sint, and one with a row of varints. */
export function zigzag(field_: number, value: number): Buffer {
  return number(field_, value < 0 ? -2 * value - 1 : 2 * value);
}

export function row(field_: number, values: readonly number[]): Buffer {
  return field(field_, ...values.map(varint));
}

export { double as doubleField, fixed64 };

function metricOf({ name, sum, histogram, points }: TestMetric): Buffer {
  const data =
    histogram !== undefined
      ? field(9, ...points.map(histogramPoint), number(2, histogram.isDelta ? 1 : 2))
      : sum === undefined
        ? field(5, ...points.map(pointOf))
        : field(7, ...points.map(pointOf), number(2, sum.isDelta ? 1 : 2), number(3, Number(sum.isMonotonic)));
  return field(2, field(1, name), field(2, `About ${name}.`), data);
}

/** The message; metrics come before the resource that they are of, which is allowed. */
export function metricsData(
  metrics: readonly TestMetric[],
  resource: Readonly<Record<string, string>> = {},
): Buffer<ArrayBuffer> {
  const resourceMetrics = [field(2, ...metrics.map(metricOf)), field(1, ...attributesOf(1, resource))];
  return Buffer.from(field(1, ...resourceMetrics));
}
