/**
 * Many appends from one turn, each with its promise, then a wait for all of them, or for those of the turn before; beside it
 * the page cache's bandwidth, and what promises, copies and writes of as many cost alone.
 */
import { nextTurn, pageCacheBytesPerSecond } from '../floor.ts';
import { promisedPerSecond } from '../promised.ts';
import type { Figures, Subject, SubjectStream } from '../measure.ts';

/** Appends of one turn. */
const PER_TURN = 1000;
const STREAM_BASE = 100;
/** What the page cache takes comes from memory that no processor's cache has, as what is appended does. */
const PIECES = 64;

/** @param waitsForBefore false: all of a turn are acknowledged before the next; true: only those of the turn before */
async function appendsPerSecond(stream: SubjectStream, bytes: Buffer, count: number, waitsForBefore: boolean) {
  const run = async (turns: number): Promise<void> => {
    let before: Promise<unknown> | undefined;
    for (let turn = 0; turn < turns; turn++) {
      let last: Promise<unknown> | undefined;
      for (let i = 0; i < PER_TURN; i++) last = stream.append(bytes);
      // Its acknowledgement means that of all before it.
      await (waitsForBefore ? before : last);
      before = last;
      await nextTurn();
    }
    await before;
  };
  const turns = Math.max(1, Math.ceil(count / PER_TURN));
  await run(Math.ceil(turns / 5));
  const cpuBefore = process.threadCpuUsage();
  const startedMs = performance.now();
  await run(turns);
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.threadCpuUsage(cpuBefore);
  return { perSecond: (turns * PER_TURN) / seconds, cpuUs: (user + system) / (turns * PER_TURN) };
}

export async function flood(subject: Subject): Promise<Figures> {
  const { floodBytes } = subject.sizes;
  const figures: Record<string, number> = {};
  for (const durability of ['memory', 'os'] as const) {
    await using log = await subject.openLog(durability, 2 * PER_TURN);
    let id = STREAM_BASE;
    for (const byteLength of [100, 1024]) {
      const bytes = Buffer.alloc(byteLength, 0x61);
      const count = floodBytes / (byteLength === 100 ? 500 : 1024);
      const { perSecond, cpuUs } = await appendsPerSecond(log.stream(id++), bytes, count, false);
      figures[`${durability}${byteLength}PerSecond`] = perSecond;
      figures[`${durability}${byteLength}CpuUs`] = cpuUs;
      const directory = durability === 'os' ? subject.directory : null;
      const overlapping = await appendsPerSecond(log.stream(id++), bytes, count, true);
      figures[`${durability}${byteLength}OverlappingBytesPerSecond`] = overlapping.perSecond * byteLength;
      const turns = Math.ceil(count / PER_TURN);
      figures[`${durability}${byteLength}PromisedPerSecond`] = await promisedPerSecond(
        directory,
        bytes,
        PER_TURN,
        turns,
      );
    }
  }
  const pieces = Array.from({ length: PIECES }, () => Buffer.alloc(1024 * 1024, 0x61));
  figures['pageCacheBytesPerSecond'] = await pageCacheBytesPerSecond(subject.directory, floodBytes, pieces);
  return figures;
}
