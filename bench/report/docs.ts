/**
 * The measured parts of the documentation: tables between marks in Markdown files, and graphs beside them. The prose
 * around them is written by hand and says nothing that a later run would make wrong.
 *
 *   <!-- measured: NAME -->     `broker`: every workload under its title, and what is left out; `headline`; `broker-conditions`;
 *                               of the log engine one workload each, by its name, and their conditions
 *   <!-- end -->
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LeftOut, type Results, type Row, type WorkloadResult } from '../results.ts';
import { charts } from './chart.ts';
import { conditions, leftOutList, table, targetNames } from './markdown.ts';

const FOLDER = 'bench';

/** What was measured: the broker beside others, the log engine's sweeps, the log engine's own benchmark. A file each. */
export const KINDS = ['broker', 'tuning', 'engine'] as const;
export type Kind = (typeof KINDS)[number];

/** Lines of the headline: workload, name and unit of a row. */
const HEADLINE: ReadonlyArray<readonly [workload: string, row: string, unit: string]> = [
  ['throughput', 'produce', 'MB/s'],
  ['throughput', 'produce', 'broker CPU-s/GB'],
  ['throughput', 'consume', 'MB/s'],
  ['throughput', 'produce and consume together', 'MB/s'],
  ['latency', '5,000/s, librdkafka, end to end, p50', 'ms'],
  ['latency', '5,000/s, librdkafka, end to end, p99', 'ms'],
  ['fsync', '64 producers', 'records/s'],
  ['transactions', 'commits', 'commits/s'],
  ['tls', 'produce over TLS 1.3', 'MB/s'],
  ['tls', 'consume over TLS 1.3', 'MB/s'],
  ['logins', 'TLS 1.3 and SCRAM-SHA-256', 'connections per broker CPU-s'],
  ['start', 'start to the first acknowledged record', 'ms'],
  ['memory', 'idle', 'MiB'],
  ['memory', 'after 5 GB', 'MiB'],
  ['disk', 'for each GB produced', 'GB'],
];

/** What earlier runs of single workloads found stays, and so does what they left out. */
export function merged(before: Results | null, now: Results): Results {
  if (before === null || now.options.every((option) => option !== '--only')) return now;
  const isNew = (name: string): boolean => now.workloads.some((other) => other.name === name);
  const kept = before.workloads.filter(({ name }) => !isNew(name));
  const leftOut: LeftOut[] = [...before.leftOut, ...now.leftOut];
  const unique = leftOut.filter(({ what }, at) => leftOut.findIndex((other) => other.what === what) === at);
  return { ...now, workloads: [...kept, ...now.workloads], leftOut: unique };
}

function headline(results: Results): string {
  const targets = targetNames(results);
  const rows: Row[] = [];
  for (const [workload, name, unit] of HEADLINE) {
    const found = results.workloads.find((other) => other.name === workload)?.rows;
    const row = found?.find((other) => other.name === name && other.unit === unit);
    if (row !== undefined) rows.push({ ...row, name: workload === 'memory' ? `memory ${name}` : name });
  }
  return table({ name: '', title: '', about: '', rows }, targets);
}

function chartFile(workload: string, unit: string): string {
  return `${workload}-${unit
    .toLowerCase()
    .replaceAll('µ', 'u')
    .replaceAll('×', 'ratio')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}.svg`;
}

function section(workload: WorkloadResult, targets: readonly string[]): string {
  const units = [...new Set(workload.rows.map(({ unit }) => unit))];
  const graphs = units.map((unit) => `![${workload.title}, ${unit}](${FOLDER}/${chartFile(workload.name, unit)})`);
  return [workload.about, '', graphs.join('\n'), '', table(workload, targets)].join('\n');
}

/** The content of each mark, by its name. */
export function parts(results: Results, kind: Kind): Map<string, string> {
  const targets = targetNames(results);
  const found = new Map([[`${kind}-conditions`, conditions(results)]]);
  if (kind === 'broker') {
    const left = results.leftOut.length === 0 ? [] : [`### Left out\n\n${leftOutList(results)}`];
    const all = results.workloads.map((workload) => `### ${workload.title}\n\n${section(workload, targets)}`);
    return found.set('headline', headline(results)).set('broker', [...all, ...left].join('\n\n'));
  }
  for (const workload of results.workloads) found.set(workload.name, section(workload, targets));
  return found;
}

/** Graphs by the name of the file. */
export function graphs(results: Results): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name, title, rows } of results.workloads) {
    for (const [unit, svg] of charts(title, rows, targetNames(results))) files.set(chartFile(name, unit), svg);
  }
  return files;
}

const MARK = /<!-- measured: ([a-z-]+) -->\n[\s\S]*?<!-- end -->/g;

/** Puts what was measured between the marks; a mark that nothing is known for stays as it is. */
export function fill(text: string, content: ReadonlyMap<string, string>): string {
  return text.replaceAll(MARK, (whole, name: string) => {
    const part = content.get(name);
    return part === undefined ? whole : `<!-- measured: ${name} -->\n${part}\n<!-- end -->`;
  });
}

export function readResults(docs: string, kind: Kind): Results | null {
  const file = join(docs, FOLDER, `${kind}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : null;
}

/** @param docs the folder of the documentation */
export function writeDocs(docs: string, now: Results, kind: Kind): void {
  const folder = join(docs, FOLDER);
  const results = merged(readResults(docs, kind), now);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${kind}.json`), `${JSON.stringify(results, null, 1)}\n`);
  for (const [file, svg] of graphs(results)) writeFileSync(join(folder, file), svg);
  const content = parts(results, kind);
  const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
  // Graphs are found from the pages in the folder only.
  for (const page of [...pages, '../README.md'].map((name) => join(docs, name)).filter((path) => existsSync(path))) {
    const text = readFileSync(page, 'utf8');
    const filled = fill(text, content);
    if (filled !== text) writeFileSync(page, filled);
  }
}
