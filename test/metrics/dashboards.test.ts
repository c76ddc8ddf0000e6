/** The dashboard and the alerts ask for metrics and labels that there are, and docs/monitoring.md has all of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { dashboard } from '../../dashboards/generate.ts';
import { ROWS } from '../../dashboards/panels.ts';
import { startBroker } from '../../src/index.ts';
import { scrape } from '../support/scrape.ts';

interface Documented {
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

interface AlertFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: object }[];
  }[];
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** The table of docs/monitoring.md: name, type, labels, help. */
function documented(): Map<string, Documented> {
  const found = new Map<string, Documented>();
  for (const [, name = '', type = '', labels = '', help = ''] of read('docs/monitoring.md').matchAll(
    /^\| `(\w+)` \| (counter|gauge|histogram|summary) \| ([^|]*) \| (.*) \|$/gm,
  )) {
    const names = [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
    found.set(name, { type, labels: names, help: help.replaceAll('\\|', '|') });
  }
  return found;
}

/** What Prometheus itself knows of, and what it puts to every series. */
const OWN_METRICS = new Set(['up']);
const OWN_LABELS = ['instance', 'job'];

/** The metric a selector names, of a histogram or summary without what its lines end in. */
function familyOf(metrics: ReadonlyMap<string, Documented>, name: string): Documented | undefined {
  return metrics.get(name) ?? metrics.get(name.replace(/_(bucket|sum|count)$/, ''));
}

function labelsOf(metric: Documented, name: string): readonly string[] {
  return name.endsWith('_bucket') ? [...metric.labels, 'le'] : metric.labels;
}

function nodes(from: SyntaxNode, type: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  from.cursor().iterate(({ node }) => {
    if (node.name === type) found.push(node);
  });
  return found;
}

/** What is wrong with an expression. */
function problems(expression: string, metrics: ReadonlyMap<string, Documented>): string[] {
  const text = expression.replaceAll('$__rate_interval', '5m').replace(/\$(instance|topic|group)/g, '.*');
  const tree = parser.parse(text).topNode;
  const textOf = ({ from, to }: SyntaxNode): string => text.slice(from, to);
  const wrong = nodes(tree, '⚠').map(({ from }) => `does not parse at ${from}: ${text}`);
  const known = new Set(OWN_LABELS);
  for (const selector of nodes(tree, 'VectorSelector')) {
    const name = textOf(selector.getChild('Identifier') as SyntaxNode);
    const metric = familyOf(metrics, name);
    if (metric === undefined && !OWN_METRICS.has(name)) wrong.push(`there is no ${name}`);
    const labels = metric === undefined ? [] : labelsOf(metric, name);
    for (const label of labels) known.add(label);
    for (const matched of nodes(selector, 'LabelName').map(textOf)) {
      if (!labels.includes(matched) && !OWN_LABELS.includes(matched)) wrong.push(`${name} has no ${matched}`);
    }
  }
  for (const label of nodes(tree, 'GroupingLabels').flatMap((grouping) => nodes(grouping, 'LabelName').map(textOf))) {
    if (!known.has(label)) wrong.push(`nothing in ${expression} has ${label}`);
  }
  return wrong;
}

test('the dashboard is what its panels say (node dashboards/generate.ts)', () => {
  assert.equal(read('dashboards/walka.json'), dashboard());
});

test('the dashboard asks for metrics and labels that there are, and shows labels that its expressions keep', () => {
  const metrics = documented();
  const targets = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => panel.targets));
  assert.ok(targets.length > 60, `${targets.length} expressions`);
  assert.deepEqual(
    targets.flatMap(([expression]) => problems(expression, metrics)),
    [],
  );
  const shown = targets.flatMap(([expression, legend]) =>
    [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => [expression, label] as const),
  );
  const missing = shown.filter(([expression, label]) => {
    const grouping = /\bby \(([^)]*)\)/.exec(expression)?.[1];
    if (grouping !== undefined) return !new RegExp(`\\b${label}\\b`).test(grouping);
    return !(familyOf(metrics, /\w+/.exec(expression)?.[0] ?? '')?.labels.includes(label) ?? false);
  });
  assert.deepEqual(missing, []);
});

test('alerts ask for metrics and labels that there are', () => {
  const metrics = documented();
  const rules = (parse(read('dashboards/alerts.yaml')) as AlertFile).groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 10, `${rules.length} rules`);
  assert.deepEqual(
    rules.flatMap(({ expr }) => problems(expr, metrics)),
    [],
  );
  const text = read('docs/monitoring.md');
  assert.deepEqual(
    rules.filter(({ alert }) => !text.includes(`\`${alert}\``)).map(({ alert }) => alert),
    [],
  );
});

test('an expression that is wrong is found', () => {
  const metrics = documented();
  assert.deepEqual(problems('sum by (nobody) (walka_ready{topic="a"}) + walka_nothing', metrics), [
    'walka_ready has no topic',
    'there is no walka_nothing',
    'nothing in sum by (nobody) (walka_ready{topic="a"}) + walka_nothing has nobody',
  ]);
  assert.match(problems('sum(rate(walka_ready[5m])', metrics)[0] ?? '', /^does not parse/);
});

test('docs/monitoring.md has every metric of a scrape, with its type, labels and help, and no other', async () => {
  await using broker = await startBroker({ topics: ['orders'], config: { 'walka.metrics.port': 0 } });
  const { types, labels, text } = await scrape(broker.metricsPort as number);
  const metrics = documented();
  assert.deepEqual([...metrics.keys()].sort(), [...types.keys()].sort());
  for (const [name, type] of types) {
    const metric = metrics.get(name) as Documented;
    assert.equal(metric.type, type, name);
    const help = new RegExp(`^# HELP ${name} (.*)$`, 'm').exec(text)?.[1];
    assert.equal(metric.help, help, name);
    const seen = labels.get(name) ?? labels.get(`${name}_count`);
    if (seen === undefined) continue;
    assert.deepEqual([...metric.labels].sort(), [...seen].sort(), name);
  }
});
