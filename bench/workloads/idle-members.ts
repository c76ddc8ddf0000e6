/**
 * What members of groups cost that have nothing to do: memory, and CPU for their heartbeats. Beside it what as many
 * requests on as many connections cost a server on Node that does nothing but answer, and what of a broker's memory is in
 * use: the rest are objects that nobody needs and that have not been collected, and room for new ones.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Talking } from '../generators/talking.ts';
import { liveMiB } from '../live-memory.ts';
import { cpuSeconds, residentMiB } from '../process-stats.ts';
import type { RunningBroker } from '../targets/target.ts';
import type { Bench, Workload } from '../workload.ts';

const SETTLE_MS = 3000;
const MEMBERS_A_GROUP = 100;

interface Cost {
  /** Memory for the connections, in MiB. */
  readonly connectionsMiB: number;
  /** Memory for what comes on top of them, in MiB. */
  readonly membersMiB: number;
  /** Part of one core. */
  readonly share: number;
}

async function costOf({ sizes, signal }: Bench, pid: number, port: number, protocol: string): Promise<Cost> {
  const emptyMiB = residentMiB(pid);
  await using crowd = new Talking('members', [port, protocol, sizes.idleGroups, MEMBERS_A_GROUP]);
  await crowd.line(signal);
  await delay(SETTLE_MS, undefined, { signal });
  const connectedMiB = residentMiB(pid);
  crowd.goOn();
  await crowd.line(signal);
  await delay(SETTLE_MS, undefined, { signal });
  const beforeS = cpuSeconds(pid);
  const began = performance.now();
  await delay(sizes.idleSeconds * 1000, undefined, { signal });
  const share = (cpuSeconds(pid) - beforeS) / ((performance.now() - began) / 1000);
  return { connectionsMiB: connectedMiB - emptyMiB, membersMiB: residentMiB(pid) - connectedMiB, share };
}

/** Of what is in use. In a broker of its own, as a collection changes what comes after it. */
async function noteInUse({ sizes, signal, note }: Bench, broker: RunningBroker, protocol: string, name: string) {
  const pid = broker.pid as number;
  const emptyMiB = await liveMiB(pid);
  if (Number.isNaN(emptyMiB)) return;
  await using crowd = new Talking('members', [broker.port, protocol, sizes.idleGroups, MEMBERS_A_GROUP]);
  await crowd.line(signal);
  const connectedMiB = await liveMiB(pid);
  crowd.goOn();
  await crowd.line(signal);
  note(`${name}: their connections, in use`, 'MiB', 'lower', connectedMiB - emptyMiB);
  note(`${name}: on top of them, in use`, 'MiB', 'lower', (await liveMiB(pid)) - connectedMiB);
}

export const idleMembers: Workload = {
  name: 'idle-members',
  title: 'Members that have nothing to do',
  about:
    `Groups of ${MEMBERS_A_GROUP}, each member on its own connection, with a heartbeat as often as Kafka's clients send ` +
    'one: every 3 s in the classic protocol, every 5 s in the consumer protocol. A broker of its own for each. ' +
    'Beside it a server on Node that answers as often as for classic members, and does nothing else. In use is what is left ' +
    'of objects and their buffers when garbage was collected, in one more broker.',
  isOnce: true,
  isLocal: true,
  isThorough: true,
  seconds: ({ idleGroups, idleSeconds }) => 3 * (idleSeconds + 20 + idleGroups / 4) + 2 * (10 + idleGroups / 4),
  async run(bench) {
    const { startAnother, signal } = bench;
    if (startAnother === null) return bench.leaveOut('idle members', 'this run did not start the broker');
    const note = (name: string, cost: Cost): void => {
      bench.note(`${name}: their connections`, 'MiB', 'lower', cost.connectionsMiB);
      bench.note(`${name}: on top of them`, 'MiB', 'lower', cost.membersMiB);
      bench.note(name, '% of a core', 'lower', cost.share * 100);
    };
    const count = (bench.sizes.idleGroups * MEMBERS_A_GROUP).toLocaleString('en');
    for (const protocol of ['classic', 'consumer']) {
      await using broker = await startAnother();
      await delay(SETTLE_MS, undefined, { signal });
      const name = `${count} ${protocol} members`;
      note(name, await costOf(bench, broker.pid as number, broker.port, protocol));
      await using another = await startAnother();
      await noteInUse(bench, another, protocol, name);
    }
    await using bare = new Talking('bare-server');
    const port = Number(await bare.line(signal));
    await delay(SETTLE_MS, undefined, { signal });
    note(`(a bare server, ${count} connections)`, await costOf(bench, bare.child.pid ?? 0, port, 'bare'));
  },
};
