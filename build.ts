/**
 * Makes what is published: `npm run build`. All of it lies flat in dist/:
 *
 * - `NAME.cjs` for each entry (index, wal, main): CommonJS, which Node and Jest load fastest. ES modules get the same code,
 *   so that a program which has both kinds has it once: `NAME.js` names its exports, and no more;
 * - `NAME.d.cts`, `NAME.d.ts`: its types, those of the public API alone;
 * - `bench-load.cjs`: the load of `walka bench`, which is a process of its own;
 * - `thread-NAME.cjs`: where threads begin (src/base/thread.ts);
 * - `AREA….cjs`: all else. A file has the modules that are needed by the same areas of the code, so that nothing is loaded
 *   in vain, and no two files need each other.
 *
 * The program is `dist/main.cjs`. It needs the dependencies of package.json, and nothing else of this repository.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { type InputOptions, type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import manifest from './package.json' with { type: 'json' };
import { ApiKey } from './protocol/apis.ts';
import { ErrorCode } from './protocol/errors.ts';
import { BatchAttribute, BatchField, CompressionCodec } from './protocol/records/batch.ts';
import { THREAD_FILES, threadBundle, type ThreadName } from './src/base/thread.ts';
import { ExitCode } from './src/cli/exit-codes.ts';
import { MemberEpoch } from './src/coordinator/group/modern/member.ts';
import { StatusCode } from './src/coordinator/group/streams/status.ts';
import { ConfigResourceType, StoredResourceType } from './src/metadata/types.ts';
import { IsolationLevel } from './src/partition/types.ts';
import { RecordState } from './src/share/record-status.ts';
import { EntryKind } from './src/storage/format/format.ts';

const root = import.meta.dirname;
const dist = join(root, 'dist');

/** What a program may import: each a sub-path of the package, which package.json has as well. */
const PUBLIC_ENTRIES = { index: 'src/index.ts', wal: 'src/wal.ts', testing: 'src/embed/testing.ts' };

/**
 * Areas of the code by the modules where they begin: entries, and what is imported on demand. The first match counts; what
 * nobody lists here is an area by the name of its folder.
 */
const AREAS: ReadonlyArray<readonly [area: string, beginnings: RegExp]> = [
  ['start', /^src\/(index|broker|embed\/testing|base\/heap)\.ts$|\/catalog\/(open|memory)\.ts$|\/open-in-memory\.ts$/],
  ['log', /^src\/wal\.ts$/],
  ['program', /^src\/(main|cli\/main|base\/version)\.ts$/],
  ['catalog', /\/sqlite-worker\.ts$/],
  ['merge', /\/merge-worker\.ts$/],
  ['disk', /\/disk-worker\.ts$/],
  ['files', /\/catalog\/sqlite\.ts$|\/open-engine\.ts$/],
  ['bench', /^src\/cli\/commands\/bench\.ts$|^bench\//],
  ['inspect', /^src\/cli\/commands\/(wal|catalog)\.ts$|\/catalog-rebuild\//],
  ['cli', /^src\/cli\//],
  ['tls', /\/tls\/|\/tls-listeners\.ts$/],
  ['sasl', /\/(sasl|tokens|oauth)\/|\/(sasl-sessions|bearer-validators)\.ts$/],
  ['quotas', /\/quotas\//],
  ['http', /^src\/(http|metrics|broker|telemetry)\/|figures\.ts$/],
  ['compaction', /\/memory-compactor\.ts$/],
  ['old-clients', /\/prepare-message-set\.ts$|\/fetch\/old-formats\.ts$/],
  ['compression', /^protocol\/compression\//],
  ['produce', /\/handlers\/(metadata|produce)\.ts$/],
  ['fetch', /\/handlers\/(fetch|list-offsets)\.ts$/],
  ['share', /\/handlers\/.*share-|\/coordinator\/share\/|^src\/share\//],
  ['streams', /\/handlers\/streams-/],
  ['transactions', /\/handlers\/(init-producer-id|add-.*-txn|end-txn|txn-.*)\.ts$|\/coordinator\/transaction\//],
  [
    'groups',
    /\/handlers\/.*(coordinator|group|heartbeat|offset-commit|offset-fetch)\.ts$|\/group\/shard\.ts$|\/faults\//,
  ],
  ['admin', /^src\/(handlers|telemetry|security\/quotas)\//],
];
/** Areas that are loaded where no broker was started. All others find what `start` needs loaded. */
const WITHOUT_BROKER = new Set(['start', 'log', 'program', 'catalog', 'merge', 'disk', 'files', 'inspect', 'cli']);
/** Areas that may as well load what both `start` and `log` need: most of it is wanted by each. */
const WITH_ENGINE = new Set(['program', 'files', 'inspect', 'cli']);
/** Areas that share files with those alone that need the same: they are started with. */
const ON_ITS_OWN = new Set(['start', 'log', 'program', 'catalog', 'merge', 'disk', 'files', 'inspect']);
/** What hardly a client does without. */
const FIRST_REQUESTS = new Set(['produce', 'fetch']);

function areaOf(path: string): string {
  return AREAS.find(([, beginnings]) => beginnings.test(path))?.[0] ?? basename(dirname(path));
}

/** In the order above, the others behind them. */
function placeOf(area: string): number {
  const place = AREAS.findIndex(([name]) => name === area);
  return place < 0 ? AREAS.length : place;
}

/** Finds the areas that need each module; `fileOf` gives the name of the file that the module goes to. */
function areas(): Plugin & { fileOf(module: string): string | null } {
  const needed = new Map<string, Set<string>>();
  const entries = new Set<string>();
  return {
    name: 'areas',
    buildEnd() {
      const need = (module: string, area: string): void => {
        const known = needed.get(module) ?? new Set();
        if (known.has(area)) return;
        needed.set(module, known.add(area));
        for (const imported of this.getModuleInfo(module)?.importedIds ?? []) need(imported, area);
      };
      for (const module of this.getModuleIds()) {
        const info = this.getModuleInfo(module);
        if (info?.isEntry === true) entries.add(module);
        else if (info === null || info.dynamicImporters.length === 0) continue;
        const path = relative(root, module).split(sep).join('/');
        need(module, areaOf(path));
      }
    },
    fileOf(module) {
      // Entries export what they say, and an old Node can read the program's: nothing comes beside them.
      if (entries.has(module)) return null;
      const names = [...(needed.get(module) ?? [])].sort((a, b) => placeOf(a) - placeOf(b));
      let loaded = names;
      if (names[0] === 'start') loaded = loaded.filter((area) => WITHOUT_BROKER.has(area));
      // A replay may need any codec: it loads the files of those who have them.
      if (loaded.some((area) => area !== 'wire' && !WITHOUT_BROKER.has(area)))
        loaded = loaded.filter((area) => area !== 'wire');
      if (loaded[1] === 'log') loaded = loaded.filter((area) => !WITH_ENGINE.has(area));
      // What several parts of a running broker need, or commands with them, is in two files, so that there are not too many.
      if (loaded.length > 1 && !loaded.some((area) => ON_ITS_OWN.has(area)))
        return loaded.some((area) => FIRST_REQUESTS.has(area)) ? 'requests' : 'shared';
      // A program has few files of its own beside those of its commands.
      if (loaded.length > 1 && loaded[0] === 'program') return 'program-cli';
      return loaded.join('-');
    },
  };
}

/** Bundlers, and Jest, see what `require` is called with, but not what a function is called with that was made to be one. */
const plainRequire: Plugin = {
  name: 'plain-require',
  transform: (code) => code.replaceAll('createRequire(import.meta.url)', 'require'),
};

/** Tables of numbers that are looked up all over the sources; a name stands for one of them only. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ApiKey,
  BatchAttribute,
  BatchField,
  CompressionCodec,
  ConfigResourceType,
  EntryKind,
  ErrorCode,
  ExitCode,
  IsolationLevel,
  MemberEpoch,
  RecordState,
  StatusCode,
  StoredResourceType,
};
const LOOK_UP = new RegExp(`\\b(${Object.keys(NUMBERS).join('|')})\\.(\\w+)\\b`, 'g');

/** A bundle has the numbers themselves: a look-up keeps the table's and the number's name, a thousand times in all. */
const plainNumbers: Plugin = {
  name: 'plain-numbers',
  transform: (code) =>
    code.replace(LOOK_UP, (text, table: string, name: string) => {
      const number = NUMBERS[table]?.[name];
      return number === undefined ? text : `(${number})`;
    }),
};

/** What every bundle of the sources is made with. */
export const BUNDLE_OPTIONS: InputOptions = {
  cwd: root,
  platform: 'node',
  transform: { target: 'node22.15' },
  treeshake: { moduleSideEffects: false },
  plugins: [plainRequire, plainNumbers],
  // Some modules are loaded on demand by one part and with another part.
  checks: { ineffectiveDynamicImport: false },
};

/** Classes that are shown by their names, in logs and by those who run tests; others are named as is shortest. */
const KEPT_NAMES = [
  'Broker',
  'BrokerClock',
  'CatalogError',
  'ConfigError',
  'KafkaError',
  'StorageError',
  'WriteAheadLog',
];

const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
/** What they export under their name, too. */
const external = [/^node:/, ...packages, ...packages.map((name) => new RegExp(`^${name}/`))];

async function buildCode(): Promise<void> {
  const threads = Object.entries(THREAD_FILES).map(([name, file]) => [threadBundle(name as ThreadName), `src/${file}`]);
  const area = areas();
  const bundle = await rolldown({
    ...BUNDLE_OPTIONS,
    input: {
      ...PUBLIC_ENTRIES,
      main: 'src/main.ts',
      'bench-load': 'bench/load/main.ts',
      ...Object.fromEntries(threads),
    },
    external,
    plugins: [BUNDLE_OPTIONS.plugins, area],
    preserveEntrySignatures: 'allow-extension',
  });
  const { output } = await bundle.write({
    dir: dist,
    format: 'cjs',
    exports: 'named',
    // `import()` is what Jest cannot do without a flag.
    dynamicImportInCjs: false,
    entryFileNames: ({ name }) => (name.endsWith('.cjs') ? name : `${name}.cjs`),
    chunkFileNames: '[name].cjs',
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: area.fileOf, debugName: 'areas' }] },
    minify: { mangle: { reserved: KEPT_NAMES } },
  });
  const chunks = output.filter((file) => file.type === 'chunk');
  checkOrder(chunks);
  for (const chunk of chunks) {
    writeFileSync(join(dist, chunk.fileName), withPlainExports(chunk.code));
    if (!chunk.isEntry || !Object.hasOwn(PUBLIC_ENTRIES, chunk.name)) continue;
    const names = chunk.exports.join(', ');
    writeFileSync(join(dist, `${chunk.name}.js`), `export { ${names} } from './${chunk.name}.cjs';\n`);
    writeFileSync(join(dist, `${chunk.name}.d.ts`), `export * from './${chunk.name}.cjs';\n`);
  }
}

/** @throws Error where two files need each other: what one gives would not be there yet when the other asks for it */
function checkOrder(chunks: readonly OutputChunk[]): void {
  const imports = new Map(chunks.map((chunk) => [chunk.fileName, chunk.imports]));
  const visit = (file: string, above: readonly string[]): void => {
    if (above.includes(file)) throw new Error(`Files need each other: ${[...above, file].join(' -> ')}`);
    for (const next of imports.get(file) ?? []) visit(next, [...above, file]);
    imports.delete(file);
  };
  for (const { fileName } of chunks) visit(fileName, []);
}

/** Exports as getters are longer, and slower to use; as no two files need each other, each value is there at the end. */
function withPlainExports(code: string): string {
  const getter = /Object\.defineProperty\(exports,"([\w$]+)",\{enumerable:!0,get:function\(\)\{return ([\w$]+)\}\}\)/g;
  return code.replaceAll(getter, 'exports.$1=$2');
}

async function buildTypes(): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: PUBLIC_ENTRIES,
    external,
    plugins: [dts({ generator: 'tsgo', tsconfig: 'tsconfig.build.json', emitDtsOnly: true })],
  });
  // The plugin calls the types of index `index.d`.
  await bundle.write({ dir: dist, entryFileNames: '[name].cts', chunkFileNames: 'types-[name].cts' });
}

if (import.meta.main) {
  rmSync(dist, { recursive: true, force: true });
  await buildCode();
  await buildTypes();
}
