/**
 * Large produce requests by franz-go: a producer puts the batches of all partitions into one request, so with 12 partitions
 * a request is some 12 MB; and many producers at once, some of them beside connections that never finish a request. On two cores the
 * clients use more than the broker, so rates can differ less than what each broker uses.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { requestFrame } from '../../test/support/wire-client.ts';
import { visit } from './crowds.ts';
import { createTopic, gigabytes, withCpu } from '../measuring.ts';
import type { Bench, Workload } from '../workload.ts';

const LARGE_RECORD_BYTES = 10_240;
const RECORD_BYTES = 1024;
const MANY_PARTITIONS = 12;
const VISIT_EVERY_MS = 50;

/** Connections that announce a request of 1 MB and send some of it now and then. */
const TRICKLERS = 80;
const ANNOUNCED_BYTES = 1_000_000;
const TRICKLE_BYTES = 200;
const TRICKLE_EVERY_MS = 100;
/** What each sends at once. */
const FIRST_BYTES = 200_000;

/** Partitions, producers and bytes of a record. */
type Load = readonly [partitions: number, producers: number, recordBytes: number];

export const largeRequests: Workload = {
  name: 'large-requests',
  title: 'Large requests',
  about:
    'By franz-go, which puts the batches of all partitions into one request; many producers at once, and one beside ' +
    'connections that never finish a request. A stranger visits meanwhile.',
  isLocal: true,
  isThorough: true,
  seconds: ({ loadSeconds }) => 6 * (loadSeconds + 12),
  async run(bench) {
    if (bench.generators.franzGo === null) return;
    await produceBy(bench, '10 KiB to 1 partition', [1, 1, LARGE_RECORD_BYTES]);
    await produceBy(bench, '10 KiB to 12 partitions', [MANY_PARTITIONS, 1, LARGE_RECORD_BYTES]);
    for (const producers of [3, 10, 50]) {
      await produceBy(bench, `1 KiB by ${producers} producers`, [MANY_PARTITIONS, producers, RECORD_BYTES]);
    }
    const stop = startTricklers(bench.broker.port);
    try {
      await produceBy(bench, '10 KiB to 1 partition beside 80 half requests', [1, 1, LARGE_RECORD_BYTES]);
    } finally {
      stop();
    }
  },
};

async function produceBy(bench: Bench, name: string, [partitions, producers, recordBytes]: Load): Promise<void> {
  const { broker, generators, signal, sizes, directory } = bench;
  const topic = await createTopic(bench, name.replaceAll(' ', '-'), partitions);
  const args = [broker.bootstrap, topic, partitions, producers, recordBytes, Math.ceil(sizes.loadSeconds)];
  const pages = sizes.touchesPages ? [directory] : [];
  const end = new AbortController();
  const visiting = longestVisit(broker.port, end.signal);
  try {
    const { result, cpuS } = await withCpu(bench, async () =>
      generators.franzGo?.(signal, 'produce', ...args, ...pages),
    );
    const { timedBytes = 0, seconds = 1, bytes = 0 } = result ?? {};
    bench.note(name, 'MB/s', 'higher', timedBytes / 1e6 / seconds);
    bench.note(name, 'broker CPU-s/GB', 'lower', cpuS / gigabytes(bytes));
  } finally {
    end.abort();
  }
  bench.note(`${name}, longest visit`, 'ms', 'lower', await visiting);
}

/** Visits the broker until `signal`, and gives the longest visit in ms. From here, as the clients' own process is busy. */
async function longestVisit(port: number, signal: AbortSignal): Promise<number> {
  let longestMs = 0;
  for (; !signal.aborted; await delay(VISIT_EVERY_MS)) longestMs = Math.max(longestMs, await visit(port));
  return longestMs;
}

/** Gives what ends them. One that is closed comes again. */
function startTricklers(port: number): () => void {
  const half = requestFrame(0, 9, 1, Buffer.alloc(FIRST_BYTES));
  half.writeInt32BE(ANNOUNCED_BYTES);
  const sockets = new Set<Socket>();
  const trickle = (): void => {
    for (const socket of sockets) if (socket.writableLength === 0) socket.write(Buffer.alloc(TRICKLE_BYTES));
    while (sockets.size < TRICKLERS) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      socket.write(half);
      sockets.add(socket);
    }
  };
  trickle();
  const timer = setInterval(trickle, TRICKLE_EVERY_MS);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}
