/** The report as one HTML file that needs nothing else. */
import { median, type Results, type Row, spread } from '../results.ts';
import { charts, escaped } from './chart.ts';
import { conditions, targetNames } from './markdown.ts';
import { show, showRatio } from './numbers.ts';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 14px; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
svg { max-width: 100%; height: auto; }
small { color: #777; }
details { margin: .5rem 0 2rem; }
`;

const tag = (name: string, content: string): string => `<${name}>${content}</${name}>`;

function tableRow({ name, unit, values }: Row, targets: readonly string[]): string {
  const [first = ''] = targets;
  const cells = targets.map((target) => {
    const ofTarget = values[target];
    if (ofTarget === undefined) return '–';
    const around = ofTarget.length === 1 ? '' : ` <small>± ${Math.round(spread(ofTarget) * 100)} %</small>`;
    return show(median(ofTarget)) + around;
  });
  const ratios = targets.slice(1).map((target) => {
    const [ours, theirs] = [values[first], values[target]];
    return ours === undefined || theirs === undefined ? '–' : showRatio(median(ours) / median(theirs));
  });
  return tag('tr', [`${escaped(name)}, ${escaped(unit)}`, ...cells, ...ratios].map((cell) => tag('td', cell)).join(''));
}

export function toHtml(results: Results): string {
  const targets = targetNames(results);
  const [first, ...others] = targets;
  const head = ['', ...targets, ...others.map((other) => `${first} / ${other}`)];
  const list = (lines: readonly string[]): string => tag('ul', lines.map((text) => tag('li', escaped(text))).join(''));
  const sections = results.workloads.map(({ title, about, rows }) =>
    [
      tag('h2', escaped(title)),
      tag('p', escaped(about)),
      ...charts(title, rows, targets).values(),
      '<details><summary>Figures</summary><table>',
      tag('tr', head.map((text) => tag('th', escaped(text))).join('')),
      ...rows.map((row) => tableRow(row, targets)),
      '</table></details>',
    ].join('\n'),
  );
  const left = results.leftOut.map(({ what, why }) => `${what}: ${why}`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Walka: benchmark</title>',
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    tag('h1', 'Benchmark'),
    list(
      conditions(results)
        .split('\n')
        .map((text) => text.replace(/^- /, '').replaceAll(/[`*]/g, '')),
    ),
    ...sections,
    ...(left.length === 0 ? [] : [tag('h2', 'Left out'), list(left)]),
    '</body></html>\n',
  ].join('\n');
}
