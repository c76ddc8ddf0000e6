/**
 * Makes one file that needs no Node: `npm run build:executable -- [FILE]`, dist-executable/walka if none is named. It is this
 * Node's own program with Walka inside: the program in one bundle, a bundle of each thread and the native libraries as assets.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, statSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';
import { BUNDLE_OPTIONS } from './build.ts';
import { THREAD_FILES, threadBundle, type ThreadName } from './src/base/thread.ts';

const root = import.meta.dirname;

/** Packages whose JavaScript loads one of many native libraries, each a package or a file of its own. */
const NATIVE =
  /^(?:@node-rs|@napi-rs|@antoniomuso)\/.+-(?:linux|darwin|win32|android|freebsd|openharmony|wasm32)[^/]*$|\.node$|\.wasi\.cjs$/;

/** The prefix of modules that are not files. */
const VIRTUAL = '\0native:';

/**
 * Libraries cannot be loaded out of an executable, so that one is written to a directory of its own, which is gone as soon
 * as the library is loaded; where the system does not let that be, as Windows does not, it stays with the temporary files.
 */
const LOADER = `
const { getRawAsset } = process.getBuiltinModule('node:sea');
const { mkdtempSync, rmSync, writeFileSync } = process.getBuiltinModule('node:fs');
const { join } = process.getBuiltinModule('node:path');
const directory = mkdtempSync(join(process.getBuiltinModule('node:os').tmpdir(), 'walka-'));
const file = join(directory, NAME);
try {
  writeFileSync(file, new Uint8Array(getRawAsset(NAME)));
  process.dlopen(module, file);
} finally {
  try {
    rmSync(directory, { recursive: true });
  } catch {}
}
`;

/** Puts the libraries of this machine among the assets; those of others are not there, as they are not installed. */
function nativeLibraries(assets: Map<string, string>): Plugin {
  return {
    name: 'native-libraries',
    resolveId: (id, importer) => (importer !== undefined && NATIVE.test(id) ? `${VIRTUAL}${id}\0${importer}` : null),
    load(id) {
      if (!id.startsWith(VIRTUAL)) return null;
      const [request = '', importer = ''] = id.slice(VIRTUAL.length).split('\0');
      const file = libraryOf(request, importer);
      if (file === null)
        return { code: `throw new Error(${JSON.stringify(`there is no ${request}`)});`, moduleType: 'js' };
      const name = basename(file);
      assets.set(name, file);
      return { code: LOADER.replaceAll('NAME', JSON.stringify(name)), moduleType: 'js' };
    },
  };
}

function libraryOf(request: string, importer: string): string | null {
  try {
    const file = createRequire(importer).resolve(request);
    return file.endsWith('.node') ? file : null;
  } catch {
    return null;
  }
}

async function bundle(input: string, output: string, assets: Map<string, string>): Promise<void> {
  const options: InputOptions = {
    ...BUNDLE_OPTIONS,
    input: join(root, 'src', input),
    external: [/^node:/],
    plugins: [BUNDLE_OPTIONS.plugins, nativeLibraries(assets)],
  };
  const made = await rolldown(options);
  await made.write({ file: output, format: 'cjs', codeSplitting: false, dynamicImportInCjs: false, minify: true });
}

/** This Node without its symbols, which are a fifth of it, where the system's tool for that is there. */
function slimNode(work: string): string {
  const slim = join(work, 'node');
  const stripped = spawnSync('strip', ['--strip-unneeded', '-o', slim, process.execPath]);
  return process.platform === 'linux' && stripped.status === 0 ? slim : process.execPath;
}

export async function buildExecutable(output: string): Promise<void> {
  mkdirSync(dirname(output), { recursive: true });
  const work = mkdtempSync(`${output}-`);
  try {
    await buildFrom(work, output);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Makes the parts in a directory of their own, and of them the executable. */
async function buildFrom(work: string, output: string): Promise<void> {
  const assets = new Map<string, string>();
  const main = join(work, 'main.cjs');
  await bundle('main.ts', main, assets);
  for (const [name, file] of Object.entries(THREAD_FILES)) {
    const asset = threadBundle(name as ThreadName);
    await bundle(file, join(work, asset), assets);
    assets.set(asset, join(work, asset));
  }
  const config = join(work, 'executable.json');
  const contents = {
    main,
    output,
    executable: slimNode(work),
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: Object.fromEntries(assets),
  };
  writeFileSync(config, JSON.stringify(contents, null, 2));
  const { status, stderr } = spawnSync(process.execPath, ['--build-sea', config], { encoding: 'utf8' });
  if (status !== 0 || !existsSync(output)) throw new Error(`cannot make ${output}: ${stderr}`);
  chmodSync(output, 0o755);
}

if (import.meta.main) {
  const [name = process.platform === 'win32' ? 'walka.exe' : 'walka'] = process.argv.slice(2);
  const output = resolve(process.argv[2] === undefined ? join(root, 'dist-executable', name) : name);
  await buildExecutable(output);
  console.log(`${output}: ${(statSync(output).size / 1e6).toFixed(0)} MB`);
}
