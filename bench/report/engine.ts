/**
 * The figures of `npm run bench:wal` as a part of the documentation: `node bench/report/engine.ts --docs DIR [--commit
 * COMMIT] FIGURES.JSON…`, from the files `figures.json` of one or more runs on one commit.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { addFigure, type Results } from '../results.ts';
import { commitOf, packageVersion } from '../targets/index.ts';
import type { Better } from '../workload.ts';
import { writeDocs } from './docs.ts';

const OURS = 'walka/wal';
const FLOOR = 'the machine itself';

/** A line: its name, unit, which is better, our figure, and the floor's where there is one; both times `scale`. */
type Line = readonly [
  name: string,
  unit: string,
  better: Better,
  ours: string,
  floor?: string | undefined,
  scale?: number,
];

interface Section {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly lines: readonly Line[];
}

const MEGA = 1e-6;

const SECTIONS: readonly Section[] = [
  {
    name: 'engine-lone',
    title: 'One append at a time',
    about:
      'Entries of 1 KiB, each when the one before is acknowledged; the floor is a bare write of as many bytes, synced as often.',
    lines: [
      ['os, average', 'µs', 'lower', 'lone.osAverageUs', 'lone.bareFlushedAverageUs'],
      ['os, p50', 'µs', 'lower', 'lone.osP50Us', 'lone.bareFlushedP50Us'],
      ['os, p99', 'µs', 'lower', 'lone.osP99Us', 'lone.bareFlushedP99Us'],
      ['os, p99.9', 'µs', 'lower', 'lone.osP999Us', 'lone.bareFlushedP999Us'],
      ['os, CPU', 'µs', 'lower', 'lone.osCpuUs', 'lone.bareFlushedCpuUs'],
      ['memory, average', 'µs', 'lower', 'lone.memoryAverageUs'],
      ['memory, p50', 'µs', 'lower', 'lone.memoryP50Us'],
      ['memory, p99', 'µs', 'lower', 'lone.memoryP99Us'],
    ],
  },
  {
    name: 'engine-flood',
    title: 'Many appends at once',
    about:
      'Appends that do not wait for each other, 1,000 from one turn, beside what a promise for each, a copy of its bytes and one ' +
      'write of all cost alone; and batches of 1,000 entries of 100 B that were built before, beside bare writes of them.',
    lines: [
      ['100 B, os', 'million/s', 'higher', 'flood.os100PerSecond', 'flood.os100PromisedPerSecond', MEGA],
      ['100 B, memory', 'million/s', 'higher', 'flood.memory100PerSecond', 'flood.memory100PromisedPerSecond', MEGA],
      ['1 KiB, os', 'million/s', 'higher', 'flood.os1024PerSecond', 'flood.os1024PromisedPerSecond', MEGA],
      ['1 KiB, memory', 'million/s', 'higher', 'flood.memory1024PerSecond', 'flood.memory1024PromisedPerSecond', MEGA],
      [
        '1 KiB, os, while the turn before is written',
        'MB/s',
        'higher',
        'flood.os1024OverlappingBytesPerSecond',
        'flood.pageCacheBytesPerSecond',
        MEGA,
      ],
      ['batches, os', 'million/s', 'higher', 'batches.osRawPerSecond', undefined, MEGA],
      ['batches, memory', 'million/s', 'higher', 'batches.memoryRawPerSecond', undefined, MEGA],
      ['batches, os', 'MB/s', 'higher', 'batches.osRawBytesPerSecond', 'batches.pageCacheBytesPerSecond', MEGA],
      ['batches, memory', 'MB/s', 'higher', 'batches.memoryRawBytesPerSecond', 'batches.copyBytesPerSecond', MEGA],
      [
        'batches that came compressed (lz4), os',
        'million/s',
        'higher',
        'batches.osCompressedPerSecond',
        undefined,
        MEGA,
      ],
    ],
  },
  {
    name: 'engine-fsync',
    title: 'Synced before each acknowledgement',
    about: 'Appends of 1 KiB with durability `fsync`; the floor is a bare write and sync, one after the other.',
    lines: [
      ['1 writer', 'appends/s', 'higher', 'fsync.loneStreamPerSecond', 'fsync.barePerSecond'],
      ['256 writers, 1 stream', 'appends/s', 'higher', 'fsync.crowdOver1PerSecond', 'fsync.barePerSecond'],
      ['256 writers, 100 streams', 'appends/s', 'higher', 'fsync.crowdOver100PerSecond', 'fsync.barePerSecond'],
      ['256 writers, 10,000 streams', 'appends/s', 'higher', 'fsync.crowdOver10000PerSecond', 'fsync.barePerSecond'],
    ],
  },
  {
    name: 'engine-rest',
    title: 'Streams, start, reading, compression at rest',
    about:
      'A million streams with an entry each; a start after `kill -9` with 10 GB in 10,000 streams; reading in order from the page ' +
      'cache; journal files merged into segments, zstd level 3, on one thread.',
    lines: [
      ['memory of an inactive stream', 'B', 'lower', 'streams.idleMemoryBytesPerStream'],
      ['disk of a stream beyond its entry', 'B', 'lower', 'streams.diskBytesPerStream'],
      ['memory above the runtime, caches at their minimum', 'MB', 'lower', 'memory.usedBytes', undefined, MEGA],
      ['start with a million streams', 's', 'lower', 'streams.startSeconds'],
      ['start after `kill -9`, 10 GB', 's', 'lower', 'recovery.startSeconds'],
      ['reading in order', 'MB/s', 'higher', 'read.bytesPerSecond', undefined, MEGA],
      [
        'compression, JSON',
        'MB a CPU-s',
        'higher',
        'compression.jsonBytesPerCpuSecond',
        'compression.jsonCodecBytesPerCpuSecond',
        MEGA,
      ],
      [
        'compression, log lines',
        'MB a CPU-s',
        'higher',
        'compression.logBytesPerCpuSecond',
        'compression.logCodecBytesPerCpuSecond',
        MEGA,
      ],
      ['compression, JSON', 'bytes in for each stored', 'higher', 'compression.jsonRatio'],
      ['compression, log lines', 'bytes in for each stored', 'higher', 'compression.logRatio'],
    ],
  },
];

interface FiguresFile {
  readonly machine: string;
  readonly rounds: number;
  readonly now: Readonly<Record<string, number>>;
}

/** @param files runs on one commit; the later ones add to the earlier ones */
export function engineResults(files: readonly FiguresFile[], at: string, versions: Record<string, string>): Results {
  const now: Record<string, number> = Object.assign({}, ...files.map((file) => file.now));
  const results: Results = {
    format: 1,
    at,
    machine: files[0]?.machine ?? '',
    versions,
    options: [],
    size: 'full',
    rounds: Math.max(...files.map(({ rounds }) => rounds)),
    targets: [
      { name: OURS, description: 'the log engine by itself, in one process with its caller' },
      {
        name: FLOOR,
        description: 'what the same work costs without it: a bare write, a copy in memory, the codec alone',
      },
    ],
    workloads: [],
    leftOut: [],
  };
  for (const section of SECTIONS) {
    for (const [name, unit, better, ours, floor, scale = 1] of section.lines) {
      for (const [target, key] of [[OURS, ours] as const, [FLOOR, floor] as const]) {
        const value = key === undefined ? undefined : now[key];
        if (value !== undefined) addFigure(results, section, target, { name, unit, better, value: value * scale });
      }
    }
  }
  return results;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: {
      docs: { type: 'string', default: 'docs' },
      commit: { type: 'string', default: commitOf().commit ?? '' },
    },
    allowPositionals: true,
  });
  const files = positionals.map((path) => JSON.parse(readFileSync(path, 'utf8')) as FiguresFile);
  const at = statSync(positionals[0] ?? '').mtime.toISOString();
  const results = engineResults(files, at, { Walka: packageVersion(), commit: values.commit });
  writeDocs(resolve(values.docs), results, 'engine');
}
