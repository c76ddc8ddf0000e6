/** What Linux tells of a process: processor time, memory, files. Elsewhere figures are NaN, which no report shows. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** Ticks of /proc/PID/stat in a second; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Of `stat`. */
const BLOCK_BYTES = 512;

const isKnown = existsSync('/proc/self/stat');

/** User and system time of a process with all its threads, in seconds. */
export function cpuSeconds(pid: number): number {
  if (!isKnown) return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MiB. */
export function residentMiB(pid: number): number {
  if (!isKnown) return Number.NaN;
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

/** The process of this machine that listens on a port, if it may be seen. */
export function listeningPid(port: number): number | undefined {
  if (!isKnown) return undefined;
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n')) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(wanted) && fields[3] === '0A') sockets.add(`socket:[${fields[9]}]`);
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const files = readdirSync(`/proc/${pid}/fd`);
      if (files.some((file) => sockets.has(readlinkSync(`/proc/${pid}/fd/${file}`)))) return Number(pid);
    } catch {
      // A process that ended meanwhile, or another user's.
    }
  }
  return undefined;
}

/** The machine in a few words. */
export function describeMachine(): string {
  const [processor] = cpus();
  const memoryGiB = totalmem() / 1024 ** 3;
  return (
    `${cpus().length} cores (${processor?.model.trim() ?? 'unknown processor'}), ${memoryGiB.toFixed(0)} GiB, ` +
    `${type()} ${release()}, Node ${process.version}`
  );
}

/** Files and sockets that a process has open. */
export function openFiles(pid: number): number {
  return isKnown ? readdirSync(`/proc/${pid}/fd`).length : Number.NaN;
}

/** What the files under a folder take on the disk, in bytes; holes do not count. */
export function diskBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // A file may be gone since it was listed.
    bytes += (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES;
  }
  return bytes;
}
