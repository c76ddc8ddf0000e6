/** The documentation: links lead somewhere, and what is made from code or measurements is what they say now. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import sections from '../docs/.vitepress/pages.json' with { type: 'json' };
import { fill, graphs, KINDS, parts, readResults } from '../bench/report/docs.ts';
import { compatibilityPage, ranges, readClients } from './conformance/compatibility.ts';

const root = join(import.meta.dirname, '..');
const docs = join(root, 'docs');
/** Parts that are empty until the benchmark of the broker has been run for them. */
const BROKER = new Set(['headline', 'broker-conditions', 'broker']);

function pages(): string[] {
  const inDocs = readdirSync(docs).filter((name) => name.endsWith('.md'));
  return ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', ...inDocs.map((name) => `docs/${name}`)];
}

/** As GitHub and VitePress call a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function anchors(markdown: string): Set<string> {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '');
  return new Set([...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

test('every link between the pages leads to a file and a heading that are there', () => {
  const broken: string[] = [];
  for (const page of pages()) {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor = ''] = target.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      const isThere = existsSync(file);
      const isHeading = anchor === '' || (isThere && anchors(readFileSync(file, 'utf8')).has(anchor));
      if (!isThere || !isHeading) broken.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('the files and folders that the map of the architecture and the formats name are there', () => {
  const tracked = ['src', 'protocol', 'test', 'bench', 'docker', 'docs']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
    )
    .filter((path) => !path.includes('node_modules'))
    .concat(readdirSync(root));
  const isThere = (name: string): boolean => tracked.some((path) => `/${path}`.endsWith(`/${name}`));
  const missing: string[] = [];
  for (const page of ['ARCHITECTURE.md', 'docs/format.md']) {
    const named = [...readFileSync(join(root, page), 'utf8').matchAll(/`([\w./-]+\.ts|[\w./-]+\/)`/g)].map(
      ([, name = '']) => name,
    );
    assert.ok(named.length > 5);
    // Made by the build.
    const given = named.filter((name) => name !== 'dist/').map((name) => name.replace(/\/$/, ''));
    missing.push(...given.filter((name) => !isThere(name)).map((name) => `${page}: ${name}`));
  }
  assert.deepEqual(missing, []);
});

test('the tests that the threat model names are there', () => {
  const page = readFileSync(join(docs, 'security.md'), 'utf8');
  const named = [...page.matchAll(/`((?:test|\.ci)\/[^`]+)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('the site has every page in its navigation', () => {
  const listed = new Set(['index', ...sections.flatMap(({ pages }) => Object.keys(pages))]);
  const found = readdirSync(docs).filter((name) => name.endsWith('.md'));
  assert.deepEqual(
    found.filter((name) => !listed.has(name.slice(0, -'.md'.length))),
    [],
  );
});

test('the compatibility table is what the handlers and the clients say', () => {
  const made = compatibilityPage(readClients());
  assert.ok(
    readFileSync(join(docs, 'compatibility.md'), 'utf8') === made,
    'node test/conformance/compatibility.ts renews it',
  );
});

test('versions are shown as ranges', () => {
  assert.equal(ranges([3]), '3');
  assert.equal(ranges(new Set([9, 0, 1, 2])), '0–2, 9');
});

test('tables and graphs of the guide are what was measured', () => {
  const contents = new Map(
    KINDS.flatMap((kind) => {
      const results = readResults(docs, kind);
      if (results === null) return [];
      for (const [file, svg] of graphs(results))
        assert.equal(readFileSync(join(docs, 'bench', file), 'utf8'), svg, file);
      return [...parts(results, kind)];
    }),
  );
  for (const page of pages()) {
    const text = readFileSync(join(root, page), 'utf8');
    assert.equal(fill(text, contents), text, `${relative(root, page)} was changed by hand between its marks`);
    for (const [, name = '', body] of text.matchAll(/<!-- measured: ([a-z-]+) -->\n([\s\S]*?)<!-- end -->/g)) {
      const isKnown = contents.has(name) || (BROKER.has(name) && body === '');
      assert.ok(isKnown, `${page}: nothing is measured that is called ${name}`);
    }
  }
});
