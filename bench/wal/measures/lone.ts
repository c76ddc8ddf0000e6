/** `await stream.append(bytes)`, 1 KiB, one after the other; between them, in turns, bare writes of the same bytes. */
import { LatencyHistogram } from '../../../src/metrics/latency-histogram.ts';
import { nextTurn, PreparedFile } from '../floor.ts';
import { average, quantile } from '../numbers.ts';
import type { Durability, Figures, Subject, SubjectStream } from '../measure.ts';

const BYTES = 1024;
/** Appends, or bare writes, before it is the other's turn. */
const CHUNK = 2500;
/** Of these it is known whether the process had to leave its core to others meanwhile. */
const STRETCH = 250;

async function time(stream: SubjectStream, bytes: Buffer, tookUs: Float64Array): Promise<void> {
  for (let i = 0; i < tookUs.length; i++) {
    const startedMs = performance.now();
    await stream.append(bytes);
    tookUs[i] = (performance.now() - startedMs) * 1000;
  }
}

/** CPU time of the event loop's thread so far, in µs: what is done in the background meanwhile is not the append's. */
function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Takes times, and has them again of those stretches in which nobody else took the core. */
class Times {
  readonly all: Float64Array;
  readonly #undisturbed: number[] = [];

  constructor(count: number) {
    this.all = new Float64Array(count);
  }

  /** Takes so many from `at` on. */
  async take(at: number, count: number, take: (tookUs: Float64Array) => Promise<void>): Promise<void> {
    for (let start = at; start < at + count; start += STRETCH) {
      const before = process.resourceUsage().involuntaryContextSwitches;
      const tookUs = this.all.subarray(start, start + STRETCH);
      await take(tookUs);
      if (process.resourceUsage().involuntaryContextSwitches === before) this.#undisturbed.push(...tookUs);
    }
  }

  get undisturbed(): Float64Array {
    return Float64Array.from(this.#undisturbed);
  }
}

function figures(name: string, tookUs: Float64Array): Figures {
  return {
    [`${name}AverageUs`]: average(tookUs),
    [`${name}P50Us`]: quantile(tookUs, 0.5),
    [`${name}P99Us`]: quantile(tookUs, 0.99),
    [`${name}P999Us`]: quantile(tookUs, 0.999),
  };
}

async function inTurns(subject: Subject, durability: Durability, file: PreparedFile, quiet: PreparedFile | null) {
  await using log = await subject.openLog(durability);
  const stream = log.stream(1);
  const bytes = Buffer.alloc(BYTES, 0x61);
  const count = subject.sizes.loneAppends;
  const ours = new Times(count);
  const bare = new Times(count);
  const bareQuiet = new Times(count);
  await time(stream, bytes, new Float64Array(subject.sizes.loneWarmUps));
  await file.time(bytes, new Float64Array(Math.ceil(count / 5)));
  let oursCpuUs = 0;
  let bareCpuUs = 0;
  for (let at = 0; at < count; at += CHUNK) {
    const before = cpuUs();
    await ours.take(at, CHUNK, (tookUs) => time(stream, bytes, tookUs));
    await nextTurn();
    const between = cpuUs();
    await bare.take(at, CHUNK, (tookUs) => file.time(bytes, tookUs));
    oursCpuUs += (between - before) / count;
    bareCpuUs += (cpuUs() - between) / count;
    if (quiet !== null) await bareQuiet.take(at, CHUNK, (tookUs) => quiet.time(bytes, tookUs));
  }
  return { ours, bare, bareQuiet, oursCpuUs, bareCpuUs };
}

/**
 * What the statistics add to a lone append, in µs: of one in 16 three readings of the clock and three durations. The other
 * readings are there to notice a stalled disk, and for the time in the entry.
 */
function statisticsUs(): number {
  const histogram = new LatencyHistogram();
  const count = 1_000_000;
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const startedMs = performance.now();
    for (let i = 0; i < count; i++) {
      if (i % 16 !== 0) continue;
      for (let reading = 0; reading < 3; reading++) histogram.record(performance.now() - startedMs);
    }
    best = Math.min(best, ((performance.now() - startedMs) * 1000) / count);
  }
  return best;
}

export async function lone(subject: Subject): Promise<Figures> {
  using file = new PreparedFile(subject.directory, true);
  using quiet = new PreparedFile(subject.directory, false);
  const os = await inTurns(subject, 'os', file, quiet);
  const memory = await inTurns(subject, 'memory', quiet, null);
  return {
    ...figures('os', os.ours.all),
    ...figures('bareFlushed', os.bare.all),
    ...figures('bare', os.bareQuiet.all),
    ...figures('memory', memory.ours.all),
    ...figures('osUndisturbed', os.ours.undisturbed),
    ...figures('bareFlushedUndisturbed', os.bare.undisturbed),
    ...figures('memoryUndisturbed', memory.ours.undisturbed),
    osCpuUs: os.oursCpuUs,
    bareFlushedCpuUs: os.bareCpuUs,
    memoryCpuUs: memory.oursCpuUs,
    statisticsUs: statisticsUs(),
  };
}
