/**
 * Members of groups that have nothing to do, in a process of their own: each on its own connection, with a heartbeat as
 * often as Kafka's clients send one. Says what it has done in a line each, and waits for a line before it goes on.
 *
 *   node members.ts PORT classic|consumer|bare GROUPS MEMBERS     that many groups with that many members each
 *
 *   "connected"   every connection has asked for the versions; after the next line the members join
 *   "joined"      every group has its partitions; heartbeats go on until this is ended
 *
 * With `bare` nobody joins: each connection sends what is as long as a heartbeat, as often as a classic member, to a
 * server that need not be a broker (bare-server.ts).
 */
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

const [portText, protocol, groupsText, membersText] = process.argv.slice(2);
const port = Number(portText);
const groups = Number(groupsText);
const count = Number(membersText);

async function connect(): Promise<WireClient[]> {
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

async function join(kind: 'classic' | 'consumer', clients: readonly WireClient[]): Promise<void> {
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

const lines = createInterface({ input: process.stdin });
const clients = await connect();
process.stdout.write('connected\n');
lines.once('line', () => {
  const joining =
    protocol === 'classic' || protocol === 'consumer'
      ? join(protocol, clients)
      : Promise.resolve(void clients.forEach((client) => void beatBarely(client)));
  void joining.then(() => process.stdout.write('joined\n'));
});
