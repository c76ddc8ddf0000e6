/**
 * Members of groups that have nothing to do: each on its own connection, with a heartbeat as often as Kafka's clients send
 * one. Says what it has done in a line each, and waits for a line before it goes on:
 *
 *   "connected"   every connection has asked for the versions; after the next line the members join
 *   "joined"      every group has its partitions; heartbeats go on until this is ended
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '../../protocol/apis.ts';
import { requestFrame, WireClient } from '../../test/support/wire-client.ts';
import { ClassicMember, ConsumerMember, type Member } from '../groups/members.ts';
import { assignAtOnce, converged, makeTopic } from '../groups/together.ts';

/** Connections that are made at once. */
const CROWD = 100;
/** `heartbeat.interval.ms` of Kafka's clients, and `group.consumer.heartbeat.interval.ms` of its brokers. */
const HEARTBEAT_MS = { classic: 3000, consumer: 5000, bare: 3000 };
/** What a member's heartbeat has after its header. */
const BARE_BODY = Buffer.alloc(70);

/** So many groups with so many members each. */
interface Crowd {
  readonly port: number;
  readonly groups: number;
  readonly count: number;
}

async function connect({ port, groups, count }: Crowd): Promise<WireClient[]> {
  const clients: WireClient[] = [];
  while (clients.length < groups * count) {
    const opening = Array.from({ length: Math.min(CROWD, groups * count - clients.length) }, async () => {
      const client = await WireClient.open(port);
      client.send(requestFrame(ApiKey.ApiVersions, 0, 0));
      await client.next();
      return client;
    });
    clients.push(...(await Promise.all(opening)));
  }
  return clients;
}

/** Lets each begin at some point of its interval, so that their heartbeats do not come all at once. */
async function spread(member: { heartbeatMs: number }, heartbeatMs: number): Promise<void> {
  member.heartbeatMs = Math.random() * heartbeatMs;
  await delay(heartbeatMs);
  member.heartbeatMs = heartbeatMs;
}

async function join(
  kind: 'classic' | 'consumer',
  { port, groups, count }: Crowd,
  clients: readonly WireClient[],
): Promise<void> {
  const topic = await makeTopic(port, `idle-members-${kind}-${process.pid}`, count);
  const Kind = kind === 'classic' ? ClassicMember : ConsumerMember;
  const spreading: Array<Promise<void>> = [];
  for (let group = 0; group < groups; group++) {
    const groupId = `${topic.name}-group-${group}`;
    if (kind === 'consumer') await assignAtOnce(port, groupId);
    const ofGroup = clients.slice(group * count, (group + 1) * count);
    const joining = ofGroup.map((client, index) => Kind.joinOn(client, groupId, `member-${group}-${index}`, topic));
    const members: Member[] = await Promise.all(joining);
    await converged(members, topic);
    spreading.push(...members.map((member) => spread(member, HEARTBEAT_MS[kind])));
  }
  await Promise.all(spreading);
}

async function beatBarely(client: WireClient): Promise<void> {
  const frame = requestFrame(ApiKey.Heartbeat, 3, 0, BARE_BODY);
  for (await delay(Math.random() * HEARTBEAT_MS.bare); ; await delay(HEARTBEAT_MS.bare)) {
    client.send(frame);
    await client.next();
  }
}

/**
 * @param args PORT PROTOCOL GROUPS MEMBERS, the protocol `classic`, `consumer` or `bare`: then nobody joins, each connection
 * sends what is as long as a heartbeat, as often as a classic member, to a server that need not be a broker
 */
export async function members([port, protocol, groups, count]: readonly string[]): Promise<void> {
  const crowd = { port: Number(port), groups: Number(groups), count: Number(count) };
  const clients = await connect(crowd);
  process.stdout.write('connected\n');
  await once(createInterface({ input: process.stdin }), 'line');
  if (protocol === 'classic' || protocol === 'consumer') await join(protocol, crowd, clients);
  else for (const client of clients) void beatBarely(client);
  process.stdout.write('joined\n');
}
