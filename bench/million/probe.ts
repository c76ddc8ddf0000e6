/** Loaded into a broker before its program (`--import`): measures how long its event loop stands still, and its memory. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What the broker's process says of itself since it was asked last. */
export interface Probe {
  /** The longest time that the event loop stood still, in ms, and what only one in a thousand exceeds. */
  readonly maxMs: number;
  readonly p999Ms: number;
  /**
   * The most processor time, in ms, that the loop's thread took between two times that a timer had its turn: how long it
   * stood still for work of its own, and not because others had the processor.
   */
  readonly maxBusyMs: number;
  /** Processor time of all threads in ms. */
  readonly cpuMs: number;
  /** Bytes, after a collection of garbage: of all JavaScript values, with the buffers outside the heap; and of the process. */
  readonly usedBytes: number;
  readonly residentBytes: number;
}

const RESOLUTION_MS = 1;

/** See Probe.maxBusyMs; gives the time since the last call. */
function watchThread(): () => number {
  let maxBusyMs = 0;
  let last = process.threadCpuUsage();
  setInterval(() => {
    const used = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    maxBusyMs = Math.max(maxBusyMs, (used.user + used.system) / 1000);
  }, RESOLUTION_MS).unref();
  return () => {
    const max = maxBusyMs;
    maxBusyMs = 0;
    return max;
  };
}

function start(): void {
  const takeBusyMs = watchThread();
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let cpu = process.cpuUsage();
  process.on('message', (wanted) => {
    if (wanted !== 'probe') return;
    const maxMs = delays.max / 1e6;
    const maxBusyMs = takeBusyMs();
    const p999Ms = delays.percentile(99.9) / 1e6;
    const { user, system } = process.cpuUsage(cpu);
    (globalThis as { gc?: () => void }).gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const cpuMs = (user + system) / 1000;
    process.send?.({
      maxMs,
      p999Ms,
      maxBusyMs,
      cpuMs,
      usedBytes: heapUsed + external,
      residentBytes: rss,
    } satisfies Probe);
    // What the collection took is nobody's request.
    setTimeout(() => {
      delays.reset();
      takeBusyMs();
    }, 20);
    cpu = process.cpuUsage();
  });
  process.channel?.unref();
}

if (process.env['WALKA_PROBE'] === '1') start();
