/**
 * Large produce requests by franz-go: a producer puts the batches of all partitions into one request, so with 12 partitions
 * a request is some 12 MB; and many producers at once, some of them beside connections that never finish a request. On two cores the
 * clients use more than the broker, so rates can differ less than what each broker uses.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { requestFrame } from '../test/support/wire-client.ts';
import { visit } from './crowds.ts';
import { franz, load } from './load-generator.ts';
import { type Figures, gigabytes, type Sizes, withCpu } from './measures.ts';
import type { RunningBroker } from './targets.ts';

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

export async function largeRequests(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const figures: Figures = {};
  const port = Number(broker.bootstrap.split(':').at(-1));
  const run = async (name: string, [partitions, producers, recordBytes]: Load): Promise<void> => {
    const topic = `large-${partitions}-${producers}-${recordBytes}-${Object.keys(figures).length}-${suffix}`;
    await load('create', broker.bootstrap, topic, partitions);
    const { largeSeconds, pagesIn } = sizes;
    const args = [broker.bootstrap, topic, partitions, producers, recordBytes, largeSeconds];
    const end = new AbortController();
    const visiting = longestVisit(port, end.signal);
    const { result, cpuS } = await withCpu(broker, () =>
      franz('produce', ...args, ...(pagesIn === null ? [] : [pagesIn])),
    );
    const { timedBytes = 0, seconds = 1, bytes = 0, cpuSeconds = 0 } = result;
    figures[`${name} MB/s`] = timedBytes / 1e6 / seconds;
    figures[`${name}, broker CPU-s/GB`] = cpuS / gigabytes(bytes);
    figures[`${name}, its clients' CPU-s/GB`] = cpuSeconds / gigabytes(bytes);
    end.abort();
    figures[`${name}, longest visit of a stranger, ms`] = await visiting;
  };
  await run('10 KB to 1 partition', [1, 1, LARGE_RECORD_BYTES]);
  await run('10 KB to 12 partitions', [MANY_PARTITIONS, 1, LARGE_RECORD_BYTES]);
  for (const producers of [3, 10, 50]) {
    await run(`1 KB by ${producers} producers`, [MANY_PARTITIONS, producers, RECORD_BYTES]);
  }
  const stop = startTricklers(port);
  await run('10 KB to 1 partition beside 80 half requests', [1, 1, LARGE_RECORD_BYTES]);
  stop();
  return figures;
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
