/**
 * Figures as text: Prometheus' own format, or OpenMetrics 1.0. In slices, since partitions may be many: whoever is served
 * meanwhile waits for one slice, not for all.
 */
import type { Clock } from '../base/clock.ts';
import type { Figure, FigureValue } from '../metrics/figures.ts';

export type Format = 'text' | 'openmetrics';

/** How long a slice may take, in ms, and lines between two looks at the clock. */
const SLICE_MS = 5;
const LINES_A_LOOK = 128;

/** The text in chunks. */
export async function writeFigures(
  figures: readonly Figure[],
  format: Format,
  clock: Clock,
): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  let text = '';
  let lines = 0;
  let startedMs = clock.monotonicMs();
  for (const figure of figures) {
    text += head(figure, format);
    for (const value of figure.collect()) {
      text += line(figure, value, format);
      if (++lines % LINES_A_LOOK !== 0 || clock.monotonicMs() - startedMs < SLICE_MS) continue;
      chunks.push(Buffer.from(text));
      text = '';
      await new Promise((resolve) => setImmediate(resolve));
      startedMs = clock.monotonicMs();
    }
  }
  if (format === 'openmetrics') text += '# EOF\n';
  chunks.push(Buffer.from(text));
  return chunks;
}

/** OpenMetrics names a counter without what its lines end in. */
function familyName({ name, type }: Figure, format: Format): string {
  return format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
}

function head(figure: Figure, format: Format): string {
  const family = familyName(figure, format);
  const help = figure.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const [, unit] = /_(seconds|bytes|ratio)$/.exec(family) ?? [];
  const unitLine = format === 'openmetrics' && unit !== undefined ? `# UNIT ${family} ${unit}\n` : '';
  const helpText = format === 'openmetrics' ? help.replaceAll('"', '\\"') : help;
  return `# HELP ${family} ${helpText}\n# TYPE ${family} ${figure.type}\n${unitLine}`;
}

function line({ name }: Figure, { labels, value, metricName = name }: FigureValue, format: Format): string {
  let inBraces = '';
  if (labels !== undefined) {
    for (const label in labels) {
      const text = labelText(label, labels[label] as string | number, format);
      inBraces += inBraces === '' ? text : `,${text}`;
    }
  }
  const numberText = value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
  return inBraces === '' ? `${metricName} ${numberText}\n` : `${metricName}{${inBraces}} ${numberText}\n`;
}

/** Characters that a label's value has to be written otherwise for: client ids and groups may hold any. */
const SPECIAL = /[\\"\n]/;

function labelText(label: string, value: string | number, format: Format): string {
  if (typeof value === 'number') {
    const isBound = format === 'openmetrics' && (label === 'le' || label === 'quantile') && Number.isInteger(value);
    return `${label}="${isBound ? value.toFixed(1) : value}"`;
  }
  if (!SPECIAL.test(value)) return `${label}="${value}"`;
  return `${label}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
