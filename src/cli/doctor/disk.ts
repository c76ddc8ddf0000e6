/** Looks at the disk that data would go to: what kind it is, how much room there is, how quick it is. */
import { existsSync, statSync } from 'node:fs';
import { open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { isError } from '../../base/realms.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { directoryProblem } from '../data-directory.ts';
import { bytesText } from '../text.ts';
import { type Finding, hint, ok, problem } from './finding.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const SYNCS = 20;
const SYNCED_BYTES = 4096;
const PIECES = 32;
/** A sync that takes longer makes `fsync` slow, one that is quicker was most likely none. */
const SLOW_SYNC_MS = 15;
const NO_SYNC_MS = 0.02;
const SLOW_MB_PER_S = 50;
/** So much of the clock's error does not matter. */
const CLOCK_SLACK_MS = 60_000;
const TEST_FILE = '.walka-doctor';

const NETWORK = 'a network file system: its locks and syncs may not hold, and a pause of the network stops writes';
const FILE_SYSTEMS: ReadonlyMap<number, readonly [name: string, trouble: string | null]> = new Map([
  [0x794c7630, ['overlay', "a container's own layer: gone with the container, and slow"]],
  [0x6969, ['nfs', NETWORK]],
  [0xff534d42, ['cifs', NETWORK]],
  [0xfe534d42, ['smb2', NETWORK]],
  [0x517b, ['smb', NETWORK]],
  [0x65735546, ['fuse', 'a file system of a program (fuse): it may be slow, and lose what was synced']],
  [0x01021997, ['9p', 'shared from another system (9p): slow, and syncs may not hold']],
  [0x786f4256, ['vboxsf', 'shared from another system (vboxsf): slow, and syncs may not hold']],
  [0x01021994, ['tmpfs', 'memory: gone with a restart of the machine']],
  [0x858458f6, ['ramfs', 'memory: gone with a restart of the machine']],
  [0xef53, ['ext4', null]],
  [0x58465342, ['xfs', null]],
  [0x9123683e, ['btrfs', null]],
  [0x2fc12fc1, ['zfs', null]],
]);

/** The directory, or the nearest parent that is there. */
function present(directory: string): string {
  let path = directory;
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  return path;
}

async function kindFinding(path: string): Promise<Finding> {
  const { type } = await statfs(path);
  const [name, trouble] = FILE_SYSTEMS.get(type) ?? [`of type 0x${type.toString(16)}`, null];
  if (trouble === null) return ok('file system', `${path} is on ${name}`);
  return hint(
    'file system',
    `${path} is on ${name}, ${trouble}`,
    'put the data directory on a local disk, or on a volume',
  );
}

async function spaceFinding(path: string, neededBytes: number): Promise<Finding> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path);
  const freeBytes = bavail * bsize;
  const share = `${bytesText(freeBytes)} of ${bytesText(blocks * bsize)} are free`;
  if (freeBytes < neededBytes) {
    const fix = `free ${bytesText(neededBytes - freeBytes)}, or lower walka.journal.file.bytes`;
    return problem('space', `${share}: writes would be refused soon`, fix);
  }
  if (files > 0 && ffree < 1000) return problem('space', `${share}, and only ${ffree} inodes`, 'delete small files');
  if (freeBytes < Math.min(blocks * bsize * 0.1, 10 * GIB)) {
    return hint('space', share, 'set log.retention.bytes or log.retention.ms so that the log fits');
  }
  return ok('space', share);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1] ?? 0;
}

/** Writes and syncs a file of its own, which is gone afterwards. */
async function speedFinding(path: string, durability: string, clock: Clock): Promise<Finding> {
  const name = join(path, TEST_FILE);
  const file = await open(name, 'w');
  try {
    const piece = Buffer.alloc(MIB, 0x5a);
    const startMs = clock.monotonicMs();
    for (let at = 0; at < PIECES; at++) await file.write(piece, 0, MIB, at * MIB);
    await file.datasync();
    const mbPerSecond = (PIECES * MIB) / 1000 / Math.max(0.001, clock.monotonicMs() - startMs);
    const syncs: number[] = [];
    for (let at = 0; at < SYNCS; at++) {
      const beganMs = clock.monotonicMs();
      await file.write(piece, 0, SYNCED_BYTES, at * SYNCED_BYTES);
      await file.datasync();
      syncs.push(clock.monotonicMs() - beganMs);
    }
    const syncMs = median(syncs);
    const text = `${Math.round(mbPerSecond)} MB/s, a sync takes ${syncMs.toFixed(2)} ms`;
    if (syncMs < NO_SYNC_MS) {
      return hint(
        'disk',
        `${text}: most likely it only says that it synced`,
        'a power cut may cost what was acknowledged; see what the disk or the virtual machine caches',
      );
    }
    if (syncMs > SLOW_SYNC_MS) {
      const what =
        durability === 'fsync' ? 'every acknowledgement waits for one' : 'topics with flush.messages=1 wait for it';
      return hint(
        'disk',
        `${text}: ${what}`,
        'use a disk with a write cache that outlives a power cut (an SSD for servers)',
      );
    }
    if (mbPerSecond < SLOW_MB_PER_S)
      return hint('disk', text, 'producers will be held back to that; use a quicker disk');
    return ok('disk', text);
  } finally {
    await file.close();
    await rm(name, { force: true });
  }
}

/** A disk that takes no file, such as a full one, is what is looked for. */
async function diskFinding(path: string, durability: string, clock: Clock): Promise<Finding> {
  try {
    return await speedFinding(path, durability, clock);
  } catch (error) {
    if (!isError(error) || !('syscall' in error)) throw error;
    return problem(
      'disk',
      `nothing can be written to ${path}: ${error.message}`,
      'make room, or choose another --data-dir',
    );
  }
}

/** Files from the future say that the clock went back. */
async function clockFinding(directory: string, clock: Clock): Promise<Finding> {
  const nowMs = clock.now();
  const text = new Date(nowMs).toISOString();
  const journal = join(directory, 'journal');
  const names = existsSync(journal) ? await readdir(journal) : [];
  let newestMs = 0;
  for (const name of names) newestMs = Math.max(newestMs, (await stat(join(journal, name))).mtimeMs);
  if (newestMs > nowMs + CLOCK_SLACK_MS) {
    const message = `it is ${text}, and the journal was written at ${new Date(newestMs).toISOString()}`;
    return problem('clock', message, 'set the clock (NTP): times of records and retention go by it');
  }
  const EARLIEST = Date.UTC(2025, 0);
  if (nowMs < EARLIEST)
    return problem('clock', `it is ${text}`, 'set the clock (NTP): times of records and retention go by it');
  return ok('clock', `it is ${text}`);
}

export async function diskFindings(config: BrokerConfig, clock: Clock): Promise<Finding[]> {
  const { dataDir } = config;
  if (dataDir === null) return [ok('data', 'everything is kept in memory, nothing on disk')];
  const trouble = directoryProblem(dataDir);
  if (trouble !== null)
    return [problem('data directory', trouble, 'choose another with --data-dir, or give this user leave')];
  const path = present(dataDir);
  const isThere = path === dataDir && statSync(path).isDirectory();
  const neededBytes = 2 * Math.min(config.int('walka.journal.file.bytes'), 128 * MIB);
  return [
    ok('data directory', isThere ? dataDir : `${dataDir} will be made`),
    await kindFinding(path),
    await spaceFinding(path, neededBytes),
    await diskFinding(path, config.string('walka.durability'), clock),
    await clockFinding(dataDir, clock),
  ];
}
