/** Bars as SVG: for each figure one bar a series, on a scale of its own, since units differ. */
import { show } from './numbers.ts';

export interface Series {
  readonly name: string;
  /** By figure. */
  readonly values: Readonly<Record<string, number>>;
}

const COLOURS = ['#2f6fab', '#b0b7bf', '#d98c3f'];
const LABEL_WIDTH = 250;
const BAR_WIDTH = 420;
const BAR_HEIGHT = 14;
const GROUP_GAP = 12;
const TOP = 56;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** @param figures which to show, in order */
export function barChart(title: string, figures: readonly string[], series: readonly Series[]): string {
  const groupHeight = series.length * BAR_HEIGHT + GROUP_GAP;
  const height = TOP + figures.length * groupHeight;
  const width = LABEL_WIDTH + BAR_WIDTH + 110;
  const text = (x: number, y: number, content: string, more = ''): string =>
    `<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;
  const legend = series.map(
    ({ name }, i) =>
      `<rect x="${LABEL_WIDTH + i * 170}" y="30" width="10" height="10" fill="${COLOURS[i % COLOURS.length]}"/>` +
      text(LABEL_WIDTH + i * 170 + 15, 39, name),
  );
  const bars = figures.flatMap((figure, row) => {
    const top = TOP + row * groupHeight;
    const largest = Math.max(...series.map(({ values }) => values[figure] ?? 0), Number.MIN_VALUE);
    return [
      text(LABEL_WIDTH - 8, top + BAR_HEIGHT - 3, figure, 'text-anchor="end"'),
      ...series.flatMap(({ values }, i) => {
        const value = values[figure];
        if (value === undefined || Number.isNaN(value)) return [];
        const y = top + i * BAR_HEIGHT;
        const length = Math.max(1, (value / largest) * BAR_WIDTH);
        const fill = COLOURS[i % COLOURS.length];
        return [
          `<rect x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 2}" fill="${fill}"/>`,
          text(LABEL_WIDTH + length + 5, y + BAR_HEIGHT - 4, show(value)),
        ];
      }),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(12, 20, title, 'font-size="14" font-weight="bold"'),
    ...legend,
    ...bars,
    '</svg>\n',
  ].join('\n');
}
