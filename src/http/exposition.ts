/** Figures as text, in slices: Prometheus' own format, or OpenMetrics 1.0. */
import type { Clock } from '../base/clock.ts';
import type { Figure, FigureValue } from '../metrics/figures.ts';
import { pausing } from '../metrics/pausing.ts';

export type Format = 'text' | 'openmetrics';

/** The text in chunks. */
export async function writeFigures(
  figures: readonly Figure[],
  format: Format,
  clock: Clock,
): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  let text = '';
  const pause = pausing(clock);
  for (const figure of figures) {
    text += head(figure, format);
    for (const value of figure.collect()) {
      text += line(figure, value, format);
      const paused = pause();
      if (paused === undefined) continue;
      chunks.push(Buffer.from(text));
      text = '';
      await paused;
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
