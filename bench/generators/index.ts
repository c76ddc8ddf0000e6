/** Which generators there are on this machine, and why others are not. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { compileFranzGo, compileJava, compileLibrdkafka, javaLibs } from './compiled.ts';
import type { Generator } from './generator.ts';
import { JavaClients, JavaTools, perfTools } from './java.ts';
import { Librdkafka } from './librdkafka.ts';
import { OwnGenerator } from './own.ts';
import { runForFigures } from './program.ts';

/** A program with modes that prints figures. */
export type Program = (signal: AbortSignal, ...args: ReadonlyArray<string | number>) => Promise<Record<string, number>>;

export interface Generators {
  readonly own: OwnGenerator;
  readonly librdkafka: Librdkafka | null;
  /** `load/franz`, on franz-go. */
  readonly franzGo: Program | null;
  readonly javaTools: JavaTools | null;
  readonly javaClients: JavaClients | null;
  /** For loads that go as fast as they can: librdkafka, or our own without it. */
  readonly fastest: Generator;
  /** What is not there, and why. */
  readonly missing: ReadonlyArray<{ readonly what: string; readonly why: string }>;
  /** Versions by name. */
  readonly versions: Readonly<Record<string, string>>;
}

function versionOf(command: string, args: readonly string[], pattern: RegExp): string | null {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? (pattern.exec(`${stdout}${stderr}`)?.[1] ?? null) : null;
}

function jarVersion(folder: string): string | null {
  const jar = existsSync(folder) ? readdirSync(folder).find((name) => name.startsWith('kafka-clients-')) : undefined;
  return jar?.slice('kafka-clients-'.length, -'.jar'.length) ?? null;
}

/** Our own alone: nothing is built, which takes a test too long. */
export function onlyOwnGenerator(): Generators {
  const own = new OwnGenerator();
  const others = { librdkafka: null, franzGo: null, javaTools: null, javaClients: null };
  return { own, ...others, fastest: own, missing: [], versions: {} };
}

/** Builds those that have to be built. */
export function findGenerators(): Generators {
  const missing: Array<{ what: string; why: string }> = [];
  const versions: Record<string, string> = {};
  const java = versionOf('java', ['-version'], /version "([^"]+)"/);
  const has = (what: string, why: string | null, version: string | null): boolean => {
    if (why === null && version !== null) versions[what] = version;
    if (why !== null) missing.push({ what, why });
    return why === null;
  };
  const c = compileLibrdkafka();
  const go = compileFranzGo();
  const clients = java === null ? { why: 'there is no Java' } : compileJava();
  const own = new OwnGenerator();
  const librdkafka = has('librdkafka', c.why, versionOf('pkg-config', ['--modversion', 'rdkafka'], /(\S+)/))
    ? new Librdkafka(c.file)
    : null;
  const franzGo: Program | null = has('franz-go', go.why, null)
    ? (signal, ...args) => runForFigures(go.file, args, signal)
    : null;
  const javaClients = has('Java clients', clients.why, jarVersion(javaLibs)) ? new JavaClients() : null;
  const toolsVersion = jarVersion(perfTools);
  const whyNoTools = toolsVersion === null ? `they are not in ${perfTools}` : java === null ? 'there is no Java' : null;
  const javaTools = has("Kafka's perf tools", whyNoTools, toolsVersion) ? new JavaTools() : null;
  if (java !== null) versions['Java'] = java;
  return { own, librdkafka, franzGo, javaTools, javaClients, fastest: librdkafka ?? own, missing, versions };
}
