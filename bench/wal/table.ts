/** What must be reached, line by line, and whether it was. */
import { show } from './numbers.ts';

/** Medians by `measure.figure`. */
export type Medians = Readonly<Record<string, number>>;

export interface Verdict {
  readonly measure: string;
  readonly durability: string;
  readonly target: string;
  readonly seen: string;
  /** Null: nothing to hold it against in this run. */
  readonly isMet: boolean | null;
}

interface Line {
  /** Which measure must have run. */
  readonly of: string;
  readonly measure: string;
  readonly durability: string;
  /** @param older the medians of the checkout compared with, or null */
  judge(
    now: Medians,
    older: Medians | null,
  ): { readonly target: string; readonly seen: string; readonly isMet: boolean | null };
}

const of = (figures: Medians | null, name: string): number => figures?.[name] ?? Number.NaN;

/** At most this times the machine's bare write, or the absolute bound where the bare write is below two thirds of it. */
function withinBare(now: Medians, ours: string, bare: string, factor: number, quickUs: number, boundUs: number) {
  const floorUs = of(now, bare);
  const isQuick = floorUs < quickUs;
  const mostUs = isQuick ? Math.max(boundUs, factor * floorUs) : factor * floorUs;
  return {
    target: `≤ ${factor} × bare write of ${show(floorUs)} µs${isQuick ? `, or < ${boundUs} µs as that is < ${quickUs}` : ''}`,
    seen: `${show(of(now, ours))} µs (${show(of(now, ours) / floorUs)} ×)`,
    isMet: of(now, ours) <= mostUs,
  };
}

/** The same by CPU time of the event loop, which other work on the machine disturbs less. */
function cpuOf(now: Medians, older: Medians | null, ours: string, bare: string | null): string {
  const beside = [
    ...(bare === null ? [] : [`${show(of(now, ours) / of(now, bare))} × bare`]),
    ...(older === null ? [] : [`${show(of(now, ours) / of(older, ours))} × older`]),
  ];
  return `; CPU ${show(of(now, ours))} µs${beside.length === 0 ? '' : ` (${beside.join(', ')})`}`;
}

/** The same where nobody else took the core meanwhile. */
function undisturbed(now: Medians, what: 'AverageUs' | 'P99Us'): string {
  const ours = of(now, `lone.osUndisturbed${what}`);
  return `; undisturbed ${show(ours)} µs (${show(ours / of(now, `lone.bareFlushedUndisturbed${what}`))} ×)`;
}

function withMore<T extends { readonly seen: string }>(verdict: T, more: string): T {
  return { ...verdict, seen: verdict.seen + more };
}

function timesOlder(now: Medians, older: Medians | null, name: string, factor: number, unit: string) {
  const ratio = of(now, name) / of(older, name);
  return {
    target: `≥ ${factor} × the older${older === null ? ' (none compared)' : ` ${show(of(older, name))}${unit}`}`,
    seen: `${show(of(now, name))}${unit}${older === null ? '' : ` (${show(ratio)} ×)`}`,
    isMet: older === null ? null : ratio >= factor,
  };
}

/** At least so much, unless `share` of the floor's bandwidth is less. */
function atLeastOrFloor(now: Medians, name: string, bytesName: string, least: number) {
  const share = of(now, bytesName) / of(now, 'batches.pageCacheBytesPerSecond');
  return {
    target: `≥ ${show(least)}/s, or ≥ 85 % of the page cache's ${show(of(now, 'batches.pageCacheBytesPerSecond'))}B/s`,
    seen: `${show(of(now, name))}/s, ${show(of(now, bytesName))}B/s (${show(share * 100)} %)`,
    isMet: of(now, name) >= least || share >= 0.85,
  };
}

function atLeast(now: Medians, name: string, least: number, unit: string) {
  return { target: `≥ ${show(least)}${unit}`, seen: `${show(of(now, name))}${unit}`, isMet: of(now, name) >= least };
}

function atMost(now: Medians, name: string, most: number, unit: string) {
  return { target: `< ${show(most)}${unit}`, seen: `${show(of(now, name))}${unit}`, isMet: of(now, name) < most };
}

function shown(seen: string) {
  return { target: 'printed', seen, isMet: null };
}

const LINES: readonly Line[] = [
  {
    of: 'lone',
    measure: '1 KiB, one at a time, average',
    durability: 'os',
    judge: (now, older) =>
      withMore(
        withinBare(now, 'lone.osAverageUs', 'lone.bareFlushedAverageUs', 1.5, 3, 5),
        undisturbed(now, 'AverageUs') + cpuOf(now, older, 'lone.osCpuUs', 'lone.bareFlushedCpuUs'),
      ),
  },
  {
    of: 'lone',
    measure: '1 KiB, one at a time, p50',
    durability: 'os',
    judge: (now) => withinBare(now, 'lone.osP50Us', 'lone.bareFlushedP50Us', 1.5, 3, 5),
  },
  {
    of: 'lone',
    measure: '1 KiB, one at a time, p99',
    durability: 'os',
    judge: (now) =>
      withMore(withinBare(now, 'lone.osP99Us', 'lone.bareFlushedP99Us', 1.5, 6, 10), undisturbed(now, 'P99Us')),
  },
  {
    of: 'lone',
    measure: '1 KiB, one at a time, average',
    durability: 'memory',
    judge(now, older) {
      const us = of(now, 'lone.memoryAverageUs');
      const ratio = us / of(older, 'lone.memoryAverageUs');
      const target = `< 2.5 µs, or ≤ 1/3 of the older${older === null ? '' : ` ${show(of(older, 'lone.memoryAverageUs'))} µs`}`;
      return {
        target,
        seen: `${show(us)} µs${older === null ? '' : ` (${show(ratio)} ×)`}${cpuOf(now, older, 'lone.memoryCpuUs', null)}`,
        isMet: us < 2.5 || ratio <= 1 / 3,
      };
    },
  },
  {
    of: 'lone',
    measure: 'statistics, of the p50',
    durability: 'os',
    judge(now) {
      const share = of(now, 'lone.statisticsUs') / of(now, 'lone.osP50Us');
      const us = show(of(now, 'lone.statisticsUs'));
      return { target: '< 2 %', seen: `${show(share * 100)} % (${us} µs)`, isMet: share < 0.02 };
    },
  },
  ...(['os', 'memory'] as const).flatMap((durability) =>
    [100, 1024].map(
      (byteLength): Line => ({
        of: 'flood',
        measure: `${byteLength === 100 ? '100 B' : '1 KiB'}, many from one turn`,
        durability,
        judge: (now, older) =>
          withMore(
            timesOlder(now, older, `flood.${durability}${byteLength}PerSecond`, 4, '/s'),
            cpuOf(now, older, `flood.${durability}${byteLength}CpuUs`, null),
          ),
      }),
    ),
  ),
  {
    of: 'flood',
    measure: '1 KiB, many from one turn, of the page cache',
    durability: 'os',
    judge(now) {
      const floor = of(now, 'flood.pageCacheBytesPerSecond');
      const share = of(now, 'flood.os1024OverlappingBytesPerSecond') / floor;
      const awaited = (of(now, 'flood.os1024PerSecond') * 1024) / floor;
      const promised = of(now, 'flood.os1024PerSecond') / of(now, 'flood.os1024PromisedPerSecond');
      return {
        target: `≥ 80 % of ${show(floor)}B/s`,
        seen:
          `${show(share * 100)} % while the turn before is written; each turn awaited ${show(awaited * 100)} %, ` +
          `which is ${show(promised * 100)} % of a promise, a copy and a write alone`,
        isMet: share >= 0.8,
      };
    },
  },
  {
    of: 'batches',
    measure: '100 B in batches of 1,000, built before',
    durability: 'memory',
    judge: (now) => atLeast(now, 'batches.memoryRawPerSecond', 12e6, '/s'),
  },
  {
    of: 'batches',
    measure: '100 B in batches of 1,000, built before',
    durability: 'os',
    judge: (now) => atLeastOrFloor(now, 'batches.osRawPerSecond', 'batches.osRawBytesPerSecond', 12e6),
  },
  ...(['memory', 'os'] as const).map(
    (durability): Line => ({
      of: 'batches',
      measure: '100 B in batches of 1,000, arriving compressed (lz4)',
      durability,
      judge: (now) => atLeast(now, `batches.${durability}CompressedPerSecond`, 10e6, '/s'),
    }),
  ),
  ...(['memory', 'os'] as const).map(
    (durability): Line => ({
      of: 'batches',
      measure: '100 B in batches of 1,000, building them included',
      durability,
      judge: (now) => shown(`${show(of(now, `batches.${durability}BuildingPerSecond`))}/s`),
    }),
  ),
  ...['json', 'log', 'random'].map(
    (kind): Line => ({
      of: 'compression',
      measure: `compression at rest, by a merge on one thread: ${kind}`,
      durability: 'any',
      judge(now) {
        const verdict = atLeast(now, `compression.${kind}BytesPerCpuSecond`, 200e6, 'B/CPU-s');
        const codec = show(of(now, `compression.${kind}CodecBytesPerCpuSecond`));
        const ratio = show(of(now, `compression.${kind}Ratio`));
        return { ...verdict, seen: `${verdict.seen}, ${ratio} : 1; the codec alone ${codec}B/CPU-s` };
      },
    }),
  ),
  {
    of: 'streams',
    measure: 'streams with one record each: disk beyond the record',
    durability: 'os',
    judge: (now) => atMost(now, 'streams.diskBytesPerStream', 1024, ' B'),
  },
  {
    of: 'streams',
    measure: 'streams with one record each: memory of an idle one',
    durability: 'os',
    judge: (now) => atMost(now, 'streams.idleMemoryBytesPerStream', 200, ' B'),
  },
  {
    of: 'streams',
    measure: 'streams with one record each: start',
    durability: 'os',
    judge: (now) => atMost(now, 'streams.startSeconds', 3, ' s'),
  },
  {
    of: 'streams',
    measure: 'appends to random streams, CPU time to one stream',
    durability: 'os',
    judge(now) {
      const ratio = of(now, 'streams.randomStreamsCpuUs') / of(now, 'streams.oneStreamCpuUs');
      return { target: '≤ 2 ×', seen: `${show(ratio)} ×`, isMet: ratio <= 2 };
    },
  },
  ...[1, 100, 10_000].map(
    (count): Line => ({
      of: 'fsync',
      measure: `256 writers over ${count.toLocaleString('en')} streams, to one writer`,
      durability: 'fsync',
      judge(now) {
        const ratio = of(now, `fsync.crowdOver${count}PerSecond`) / of(now, 'fsync.loneStreamPerSecond');
        const bare = `bare write and sync ${show(of(now, 'fsync.barePerSecond'))}/s`;
        return {
          target: '≥ 5 ×',
          seen: `${show(of(now, `fsync.crowdOver${count}PerSecond`))}/s (${show(ratio)} ×; ${bare})`,
          isMet: ratio >= 5,
        };
      },
    }),
  ),
  {
    of: 'fsync',
    measure: '256 writers, the fastest of the three to the slowest',
    durability: 'fsync',
    judge(now) {
      const rates = [1, 100, 10_000].map((count) => of(now, `fsync.crowdOver${count}PerSecond`));
      const ratio = Math.max(...rates) / Math.min(...rates);
      return { target: '≤ 1.5 ×', seen: `${show(ratio)} ×`, isMet: ratio <= 1.5 };
    },
  },
  {
    of: 'recovery',
    measure: 'start after kill -9, 1 KiB batches over 10,000 streams',
    durability: 'os',
    judge: (now) => atMost(now, 'recovery.startSeconds', 1, ' s'),
  },
  {
    of: 'memory',
    measure: "memory above the runtime's, caches at minimum: heap and buffers in use",
    durability: 'os',
    judge: (now) => atMost(now, 'memory.usedBytes', 10e6, 'B'),
  },
  {
    of: 'memory',
    measure: "memory above the runtime's: resident, with what compiling its code left behind",
    durability: 'os',
    judge: (now) => shown(`${show(of(now, 'memory.residentBytes'))}B`),
  },
  {
    of: 'read',
    measure: 'sequential read from the page cache, uncompressed',
    durability: 'os',
    judge: (now) => atLeast(now, 'read.bytesPerSecond', 1e9, 'B/s'),
  },
];

/** The lines of the measures that ran. */
export function judge(measured: ReadonlySet<string>, now: Medians, older: Medians | null): Verdict[] {
  return LINES.filter((line) => measured.has(line.of)).map(({ measure, durability, judge: verdict }) => ({
    measure,
    durability,
    ...verdict(now, older),
  }));
}

/** As Markdown. */
export function toMarkdown(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ measure, durability, target, seen, isMet }) => {
    const met = isMet === null ? '–' : isMet ? 'yes' : '**no**';
    return `| ${measure} | ${durability} | ${target} | ${seen} | ${met} |`;
  });
  return ['| measure | durability | target | seen | met |', '|---|---|---|---|---|', ...rows].join('\n');
}
