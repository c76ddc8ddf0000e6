/**
 * The shape of the code base, held by a test: which folder may import which, who may touch files, sockets, time and
 * randomness, and how long a file may grow. The lists here are the rules; change one only together with
 * ARCHITECTURE.md.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Layers from the bottom up. A folder imports from its own files and from lower ranks only. */
const RANKS: ReadonlyMap<string, number> = new Map([
  ['protocol', 0],
  ['src/base', 0],
  ['src/config', 1],
  ['src/metrics', 1],
  ['src/client', 1],
  ['src/storage', 2],
  ['src/metadata', 3],
  ['src/wal', 3],
  ['src/security', 4],
  ['src/partition', 4],
  ['src/telemetry', 4],
  ['src/coordinator', 5],
  ['src/share', 5],
  ['src/handlers', 6],
  ['src/server', 7],
  ['src/http', 7],
  ['src/otel', 8],
  // The benchmark, which is a command: with sockets, files and a clock of its own, outside the sources.
  ['bench', 7],
  ['src/cli', 8],
  ['src/broker', 9],
  ['src/broker.ts', 10],
  ['src/embed', 11],
  ['src', 12],
]);

/**
 * Layers of the storage engine from the bottom up: its folders, and the files that lie beside them. Types count as well.
 * What is deeper in a folder belongs to it.
 */
const STORAGE_RANKS: ReadonlyMap<string, number> = new Map(
  [
    ['compaction-types.ts'],
    ['types.ts', 'stats.ts'],
    ['wal-stats.ts'],
    ['files'],
    ['format'],
    ['directory.ts'],
    ['index'],
    ['cache.ts'],
    ['runs'],
    ['segment', 'compact'],
    ['convert'],
    ['options.ts', 'context.ts'],
    ['journal'],
    ['recovery'],
    ['segmenting.ts'],
    ['retention', 'catalog', 'conversion.ts'],
    ['statistics.ts', 'streams.ts'],
    ['engine-parts.ts'],
    ['engine.ts', 'engine-context.ts'],
    ['open-in-memory.ts'],
    ['open-engine.ts'],
    ['catalog-rebuild'],
    ['inspect'],
  ].flatMap((names, rank) => names.map((name) => [name, rank] as const)),
);

/** Modules of Node that only some places may import, each with the places. A place is a folder or a file. */
const RESTRICTED_MODULES: ReadonlyArray<{ readonly modules: readonly string[]; readonly places: readonly string[] }> = [
  {
    // Data files belong to the storage engine; the settings file is read by the configuration and the program's start, a recording by the API that makes it,
    // keys and certificates by what serves TLS,
    // the system's random source by what is named after it.
    modules: ['fs', 'fs/promises', 'sqlite'],
    places: [
      'src/storage',
      'src/config',
      'src/cli',
      'src/security/tls/files.ts',
      'src/broker/bearer-validators.ts',
      'src/embed/wire/recording-file.ts',
      'src/main.ts',
      'src/base/random.ts',
      'src/base/thread-priority.ts',
      'protocol/generate.ts',
    ],
  },
  {
    modules: ['net', 'tls', 'http', 'https', 'http2', 'dgram'],
    places: [
      'src/server',
      'src/http',
      'src/client',
      'src/cli',
      'src/security/tls',
      'src/broker/tls-listeners.ts',
      'src/security/acls/acl-host.ts',
      'src/base/address.ts',
    ],
  },
  { modules: ['timers', 'timers/promises'], places: ['src/base'] },
  { modules: ['child_process', 'cluster', 'vm'], places: [] },
];

/** Expressions that read the clock, set a timer or draw a random number: everything else is handed a `Clock` or `Random`. */
const BASE_ONLY = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bperformance\.now\b/,
  /\bprocess\.hrtime\b/,
  /\bsetTimeout\s*\(/,
  /\bsetInterval\s*\(/,
  /\bMath\.random\b/,
  /\brandomBytes\s*\(/,
  /\brandomUUID\s*\(/,
  /\bgetRandomValues\s*\(/,
  // A program's tests may have faked these, too: src/base/real-time.ts has the real ones.
  /\bsetImmediate\b/,
  /\bqueueMicrotask\b/,
  /\bprocess\.nextTick\b/,
];

/** What Node 22 does not have, in whose place something of ours stands: syntax is translated, this is not. */
const TOO_NEW = [
  /\b(?:Async)?DisposableStack\b/,
  /\bRegExp\.escape\b/,
  /\bError\.isError\b/,
  /\bPromise\.try\b/,
  /\bMath\.sumPrecise\b/,
  /\bFloat16Array\b/,
  /\bUint8Array\.from(?:Hex|Base64)\b/,
  /\.to(?:Hex|Base64)\(/,
  /\bgetOrInsert/,
  /\bthreadCpuUsage\b/,
];

const MAX_LINES = 400;

interface SourceFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text without comments and without the contents of strings; line breaks are kept. */
  readonly code: string;
}

function listTypeScript(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('protocol/generated/') && !path.includes('node_modules/'))
    .sort();
}

/** Blanks comments and string contents; template literals count as strings, so code inside `${}` is not seen. */
function stripCommentsAndStrings(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|\$\{[^}]*\}|[^`\\])*`|\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*(?=\s*[.,;)\]])/g;
  return text.replace(token, (match) => match.replace(/[^\n]/g, ' '));
}

function readSources(...folders: string[]): SourceFile[] {
  return folders.flatMap(listTypeScript).map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, code: stripCommentsAndStrings(text) };
  });
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(text: string): Import[] {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  for (const match of withoutComments.matchAll(/^\s*(?:import|export)\s+(type\s+)?[^'";]*?from\s+['"]([^'"]+)['"]/gm)) {
    found.push({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined });
  }
  for (const match of withoutComments.matchAll(/(?:^\s*import\s+|\bimport\(\s*|\brequire\(\s*)['"]([^'"]+)['"]/gm)) {
    found.push({ specifier: match[1] ?? '', typeOnly: false });
  }
  return found;
}

/** The layer of a file: itself where it has a rank, else the longest known folder that holds it; `src` is what is published. */
function layerOf(path: string): string | undefined {
  if (RANKS.has(path)) return path;
  const [top = '', second = ''] = path.split('/');
  if (top === 'protocol' || top === 'bench') return top;
  if (top !== 'src') return undefined;
  return second.endsWith('.ts') ? 'src' : `src/${second}`;
}

function resolveImport(from: string, specifier: string): string {
  return relative(root, join(root, dirname(from), specifier))
    .split(sep)
    .join('/');
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`));
}

const sources = readSources('src', 'protocol');

test('every folder of the sources has a rank', () => {
  assert.ok(sources.length > 200, `${sources.length} files were found`);
  const unknown = sources.filter(({ path }) => !RANKS.has(layerOf(path) ?? '')).map(({ path }) => path);
  assert.deepEqual(unknown, []);
});

test('a folder imports only from itself and from lower ranks', () => {
  const wrong: string[] = [];
  for (const { path, text } of sources) {
    const layer = layerOf(path) ?? '';
    for (const { specifier } of importsOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const target = resolveImport(path, specifier);
      const targetLayer = layerOf(target);
      if (targetLayer === layer) continue;
      const targetRank = targetLayer === undefined ? undefined : RANKS.get(targetLayer);
      // package.json is read for the version; nothing else outside the layers may be imported.
      if (targetRank === undefined) {
        if (!target.endsWith('package.json')) wrong.push(`${path} imports ${target}, which is in no layer`);
      } else if (targetRank >= (RANKS.get(layer) ?? 0)) {
        wrong.push(`${path} (${layer}) imports ${target} (${targetLayer})`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('within storage a folder imports only from itself and from lower ranks', () => {
  const nameIn = (path: string): string => path.split('/')[2] ?? '';
  const wrong: string[] = [];
  for (const { path, text } of sources.filter((source) => isIn(source.path, ['src/storage']))) {
    const rank = STORAGE_RANKS.get(nameIn(path));
    if (rank === undefined) wrong.push(`${path} has no rank`);
    for (const { specifier } of importsOf(text)) {
      const target = specifier.startsWith('.') ? resolveImport(path, specifier) : '';
      if (!isIn(target, ['src/storage']) || nameIn(target) === nameIn(path)) continue;
      if ((STORAGE_RANKS.get(nameIn(target)) ?? 0) >= (rank ?? 0)) wrong.push(`${path} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('relative imports name the file with its extension', () => {
  const wrong = sources.flatMap(({ path, text }) =>
    importsOf(text)
      .filter(({ specifier }) => specifier.startsWith('.') && !/\.(ts|json)$/.test(specifier))
      .map(({ specifier }) => `${path} imports ${specifier}`),
  );
  assert.deepEqual(wrong, []);
});

test("only storage touches data files, only server and http open sockets, and Node's modules carry their node: prefix", () => {
  const wrong: string[] = [];
  for (const { path, text } of sources) {
    for (const { specifier, typeOnly } of importsOf(text)) {
      const name = specifier.replace(/^node:/, '');
      const rule = RESTRICTED_MODULES.find(({ modules }) => modules.includes(name));
      if (rule === undefined) continue;
      if (!specifier.startsWith('node:')) wrong.push(`${path} imports ${specifier} without node:`);
      if (!typeOnly && !isIn(path, rule.places)) wrong.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('packages are loaded when they are needed: a start waits for none', () => {
  const eager = sources
    .filter(({ path }) => !isIn(path, ['protocol/compression', 'src/http']))
    .filter(({ text }) => /^(?:import|export) (?!type )[^'"]*from '(?!\.|node:)[^']+'/m.test(text))
    .map(({ path }) => path);
  assert.deepEqual(eager, []);
});

test('time and randomness come from src/base', () => {
  const wrong: string[] = [];
  for (const { path, code } of sources) {
    if (isIn(path, ['src/base'])) continue;
    code.split('\n').forEach((line, index) => {
      const found = BASE_ONLY.find((pattern) => pattern.test(line));
      if (found !== undefined) wrong.push(`${path}:${index + 1}: ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});

test('nothing is used that Node 22 does not have', () => {
  const wrong: string[] = [];
  for (const { path, code } of sources.filter((source) => isIn(source.path, ['src', 'protocol']))) {
    const found = TOO_NEW.find((pattern) => pattern.test(code));
    if (found !== undefined) wrong.push(`${path} has ${String(found)}`);
  }
  assert.deepEqual(wrong, []);
});

test('errors and promises are known by what holds in every realm', () => {
  const wrong = sources.filter(({ code }) => /\binstanceof (Error|Promise)\b/.test(code)).map(({ path }) => path);
  assert.deepEqual(wrong, [], 'src/base/realms.ts has isError and isPromise');
});

test('handlers get topics and partitions by find-topic.ts, where access will be decided', () => {
  const wrong = sources
    .filter(({ path }) => isIn(path, ['src/handlers']) && path !== 'src/handlers/find-topic.ts')
    .filter(({ code }) => /\bpartitions\s*\.get(?:ById)?\(|\.topicById\(/.test(code))
    .map(({ path }) => path);
  assert.deepEqual(wrong, []);
});

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  assert.deepEqual(long, []);
});

test('a source file opens with a comment that says what it is', () => {
  const bare = sources.filter(({ text }) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(text)).map(({ path }) => path);
  assert.deepEqual(bare, []);
});

test('tests focus on nothing and skip nothing without a reason', () => {
  const wrong: string[] = [];
  for (const { path, code } of readSources('test')) {
    code.split('\n').forEach((line, index) => {
      if (/\b(?:test|it|describe)\.(?:only|todo)\s*\(/.test(line) || /\b(?:only|todo):\s*true\b/.test(line)) {
        wrong.push(`${path}:${index + 1}: ${line.trim()}`);
      }
      if (/\b(?:test|it|describe)\.skip\s*\(|\bskip:\s*true\b/.test(line)) {
        wrong.push(`${path}:${index + 1}: skip needs a reason`);
      }
    });
  }
  assert.deepEqual(wrong, []);
});
