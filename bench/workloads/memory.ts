/** Memory of a broker that nobody uses, after much data, and with many connections that are silent. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { requestFrame } from '../../test/support/wire-client.ts';
import { createTopic, deleteTopic } from '../measuring.ts';
import { residentMiB } from '../process-stats.ts';
import type { Bench, Workload } from '../workload.ts';

const PARTITIONS = 4;
const RECORD_BYTES = 1024;
const SETTLE_MS = 2000;
/** Connections that are made at once. */
const CROWD = 200;

async function idle(bench: Bench, pid: number): Promise<void> {
  await delay(SETTLE_MS, undefined, { signal: bench.signal });
  bench.note('idle', 'MiB', 'lower', residentMiB(pid));
}

async function loaded(bench: Bench, pid: number): Promise<void> {
  const { broker, generators, signal, sizes } = bench;
  const topic = await createTopic(bench, 'memory', PARTITIONS);
  const limit = { records: Math.ceil(sizes.memoryBytes / RECORD_BYTES) };
  const load = { topic, partitions: PARTITIONS, recordBytes: RECORD_BYTES, codec: 'none', acks: -1, limit } as const;
  await generators.fastest.produce(broker.bootstrap, load, signal);
  await delay(SETTLE_MS, undefined, { signal });
  bench.note(`after ${sizes.memoryBytes / 1e9} GB`, 'MiB', 'lower', residentMiB(pid));
  await deleteTopic(bench, topic);
}

async function connected(bench: Bench, pid: number): Promise<void> {
  const { broker, signal, sizes } = bench;
  const sockets: Socket[] = [];
  try {
    while (sockets.length < sizes.idleConnections) {
      const count = Math.min(CROWD, sizes.idleConnections - sockets.length);
      const opened = Array.from({ length: count }, () => connect(broker.port, broker.host));
      sockets.push(...opened);
      const asked = opened.map(async (socket) => {
        socket.write(requestFrame(18, 0, 1));
        await once(socket, 'data', { signal });
      });
      await Promise.all(asked);
    }
    await delay(SETTLE_MS, undefined, { signal });
    bench.note(`with ${sizes.idleConnections.toLocaleString('en')} idle connections`, 'MiB', 'lower', residentMiB(pid));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** Before anything else has used the broker. */
export const idleMemory: Workload = {
  name: 'memory',
  title: 'Memory',
  about:
    'Resident memory of the process: idle after its start, after much data, then with connections that asked once.',
  seconds: () => SETTLE_MS / 1000,
  async run(bench) {
    const { pid } = bench.broker;
    if (pid === undefined) return bench.leaveOut('memory', 'the broker is on another machine');
    await idle(bench, pid);
  },
};

export const loadedMemory: Workload = {
  ...idleMemory,
  isOnce: true,
  seconds: ({ memoryBytes, idleConnections }) => memoryBytes / 4e8 + idleConnections / 2000 + (2 * SETTLE_MS) / 1000,
  async run(bench) {
    const { pid } = bench.broker;
    if (pid === undefined) return;
    await loaded(bench, pid);
    await connected(bench, pid);
  },
};
