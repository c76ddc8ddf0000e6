/** Bars as SVG, for the rows of one unit: a bar a target, its length the median, a line from the least to the greatest. */
import { median, type Row } from '../results.ts';
import { show } from './numbers.ts';

const COLOURS = ['#2f6fab', '#b0b7bf', '#d98c3f', '#5a9367', '#8e6fa8'];
/** Of a letter of a label, about. */
const LETTER_WIDTH = 6;
const LEAST_LABEL_WIDTH = 140;
const LEAST_LEGEND_WIDTH = 150;
const BAR_WIDTH = 400;
const VALUE_WIDTH = 90;
const BAR_HEIGHT = 14;
const ROW_GAP = 12;
const TOP = 54;
const WHISKER = '#333';
/** So many times between the least and the greatest, and a scale of tens is used. */
const LOG_FROM = 200;

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Length of a bar in pixels. */
type Scale = (value: number) => number;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly colour: string;
}

function scaleOf(values: readonly number[]): Scale {
  const greatest = Math.max(...values, Number.MIN_VALUE);
  const least = Math.min(...values.filter((value) => value > 0), greatest);
  if (greatest / least < LOG_FROM) return (value) => Math.max(1, (value / greatest) * BAR_WIDTH);
  const from = Math.log10(least) - 0.5;
  const length = (value: number): number => ((Math.log10(value) - from) / (Math.log10(greatest) - from)) * BAR_WIDTH;
  return (value) => (value <= 0 ? 1 : Math.max(1, length(value)));
}

function bar(values: readonly number[], { x, y, colour }: Place, scale: Scale): string {
  const length = scale(median(values));
  const [least, greatest] = [scale(Math.min(...values)), scale(Math.max(...values))];
  const middle = y + (BAR_HEIGHT - 2) / 2;
  const end = Math.max(length, values.length > 1 ? greatest : 0);
  const whisker =
    values.length === 1
      ? ''
      : `<line x1="${(x + least).toFixed(1)}" x2="${(x + greatest).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="${WHISKER}"/>`;
  return (
    `<rect x="${x}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 2}" fill="${colour}"/>${whisker}` +
    `<text x="${(x + end + 5).toFixed(1)}" y="${y + BAR_HEIGHT - 4}">${show(median(values))}</text>`
  );
}

/** @param rows of one unit */
export function chart(title: string, rows: readonly Row[], targets: readonly string[]): string {
  const isShown = ({ values }: Row): boolean => targets.some((target) => values[target] !== undefined);
  const shown = rows.filter(isShown);
  const labelWidth = Math.round(
    Math.max(LEAST_LABEL_WIDTH, ...shown.map(({ name }) => 20 + name.length * LETTER_WIDTH)),
  );
  const all = shown.flatMap(({ values }) => targets.flatMap((target) => values[target] ?? []));
  const scale = scaleOf(all);
  const rowHeight = targets.length * BAR_HEIGHT + ROW_GAP;
  const height = TOP + shown.length * rowHeight;
  const legendWidths = targets.map((target) => Math.max(LEAST_LEGEND_WIDTH, 30 + target.length * LETTER_WIDTH));
  const width = labelWidth + Math.max(BAR_WIDTH + VALUE_WIDTH, sum(legendWidths));
  const isLog = scale(Math.max(...all) / 10) > BAR_WIDTH / 9;
  const [first] = shown;
  const better = first === undefined || first.better === null ? '' : `, ${first.better} is better`;
  const unit = `${first?.unit ?? ''}${better}${isLog ? ', scale of tens' : ''}`;
  const colour = (index: number): string => COLOURS[index % COLOURS.length] as string;
  const legend = targets.map((target, index) => {
    const x = labelWidth + sum(legendWidths.slice(0, index));
    return `<rect x="${x}" y="30" width="10" height="10" fill="${colour(index)}"/><text x="${x + 15}" y="39">${escaped(target)}</text>`;
  });
  const bars = shown.flatMap(({ name, values }, row) => {
    const top = TOP + row * rowHeight;
    const label = `<text x="${labelWidth - 8}" y="${top + BAR_HEIGHT - 3}" text-anchor="end">${escaped(name)}</text>`;
    const ofRow = targets.map((target, index) => {
      const ofTarget = values[target];
      return ofTarget === undefined
        ? ''
        : bar(ofTarget, { x: labelWidth, y: top + index * BAR_HEIGHT, colour: colour(index) }, scale);
    });
    return [label, ...ofRow.filter((text) => text !== '')];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="12" y="20" font-size="14" font-weight="bold">${escaped(title)}</text>`,
    `<text x="12" y="39" fill="#555">${escaped(unit)}</text>`,
    ...legend,
    ...bars,
    '</svg>\n',
  ].join('\n');
}

/** One chart a unit, by unit. */
export function charts(title: string, rows: readonly Row[], targets: readonly string[]): Map<string, string> {
  const byUnit = Map.groupBy(rows, ({ unit }) => unit);
  return new Map([...byUnit].map(([unit, ofUnit]) => [unit, chart(title, ofUnit, targets)]));
}
