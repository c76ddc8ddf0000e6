/**
 * Consumer groups under random members: they join, leave, fall silent, lose answers or get them late, while writes are
 * lost and the broker is restarted. No partition has two owners at once, epochs only grow, a restart changes nothing, and
 * at rest everything is assigned. CONSUMER_SEEDS=5000 runs more; a failing seed says how to run it alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import { ConsumerWorld } from '../../../support/consumer-world.ts';
import type { Answer, Beating } from '../../../support/consumer-world.ts';
import { settle } from '../../../support/groups.ts';

const STEPS = 120;
const CLIENTS = 6;
const TOPICS = ['ta', 'tb', 'tc'];
const SESSION_MS = 45_000;
/** Rounds of a second in which a group comes to rest. */
const REST_ROUNDS = 90;

type Owned = Record<string, readonly number[]>;

/** Errors after which a member drops everything and joins anew. */
const FENCED: ReadonlySet<number> = new Set([
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.UNRELEASED_INSTANCE_ID,
  ErrorCode.FENCED_INSTANCE_ID,
]);

/** A member as clients are: one request at a time, and it believes what it was told last. */
class Client {
  readonly name: string;
  memberId: string;
  isOn = false;
  epoch = 0;
  owned: Owned = {};
  assigned: Owned = {};
  subscription: Beating = { subscribedTopicNames: [] };
  instanceId: string | null = null;
  late: Answer | null = null;
  /** An answer got lost: it tells everything once more, and so is told everything. */
  hasMissed = false;
  #lives = 0;

  constructor(name: string) {
    this.name = name;
    this.memberId = `${name}-0`;
  }

  start(subscription: Beating, instanceId: string | null): void {
    this.memberId = `${this.name}-${++this.#lives}`;
    this.subscription = subscription;
    this.instanceId = instanceId;
    this.isOn = true;
    this.drop();
  }

  drop(): void {
    this.hasMissed = false;
    this.epoch = 0;
    this.assigned = {};
    this.owned = this.assigned;
    this.late = null;
  }

  forgetTopic(name: string): void {
    const without = (owned: Owned): Owned => Object.fromEntries(Object.entries(owned).filter(([key]) => key !== name));
    const isReconciled = this.owned === this.assigned;
    this.assigned = without(this.assigned);
    this.owned = isReconciled ? this.assigned : without(this.owned);
    const { late } = this;
    if (late !== null && late.assignment !== null) this.late = { ...late, assignment: without(late.assignment) };
  }

  request(isFull: boolean): Beating {
    const { epoch: memberEpoch, instanceId, owned, subscription } = this;
    if (memberEpoch === 0) return { memberEpoch, instanceId, rebalanceTimeoutMs: 20_000, owned: {}, ...subscription };
    if (isFull || this.hasMissed)
      return { memberEpoch, instanceId, rebalanceTimeoutMs: 20_000, owned, ...subscription };
    // As Java's client: what it has is told when it has gone over to its assignment, not on the way there.
    return { memberEpoch, instanceId, ...(owned === this.assigned ? { owned } : {}) };
  }

  hear({ errorCode, memberEpoch, assignment }: Answer): void {
    if (FENCED.has(errorCode)) this.drop();
    this.hasMissed = errorCode !== ErrorCode.NONE && !FENCED.has(errorCode);
    if (errorCode !== ErrorCode.NONE) return;
    this.epoch = memberEpoch;
    if (assignment !== null) this.assigned = assignment;
  }

  /** Gives back what it is not to have any more, and takes what is new; not before it knows what it missed. */
  reconcile(): void {
    if (!this.hasMissed && this.late === null) this.owned = this.assigned;
  }
}

class Simulation {
  readonly #random: Random;
  readonly #clients = Array.from({ length: CLIENTS }, (_, index) => new Client(`c${index}`));
  #world: ConsumerWorld;
  #groupEpoch = 0;
  readonly #trace: string[] = [];

  constructor(world: ConsumerWorld, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  get trace(): string {
    return this.#trace.join('\n');
  }

  #chance(percent: number): boolean {
    return this.#random.int(100) < percent;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.int(items.length)] as T;
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      await this.#check();
    }
    await this.#rest();
  }

  async #step(): Promise<void> {
    const dice = this.#random.int(100);
    if (dice < 70) await this.#act(this.#pick(this.#clients));
    else if (dice < 84) await this.#pass(this.#random.int(4_000));
    else if (dice < 86) await this.#pass(SESSION_MS / 2);
    else if (dice < 92) await this.#restart();
    else if (dice < 96) await this.#changeTopics();
    else await this.#act(this.#pick(this.#clients), true);
  }

  #note(what: string): void {
    this.#trace.push(what);
  }

  async #pass(ms: number): Promise<void> {
    this.#note(`pass ${ms}`);
    await this.#world.pass(ms);
  }

  async #restart(): Promise<void> {
    this.#note('restart');
    const before = await this.#state();
    this.#world = await this.#world.restart();
    assert.deepEqual(await this.#state(), before, 'a restart changed the group');
  }

  /** All that the group consists of, in an order of its own. */
  async #state(): Promise<string[]> {
    const records = await this.#world.liveRecords();
    const plain = (_: string, value: unknown): unknown => {
      if (typeof value === 'bigint') return String(value);
      if (value instanceof Map) return [...value].sort();
      return value instanceof Set ? [...value].sort() : value;
    };
    return records.map((record) => JSON.stringify(record, plain)).sort();
  }

  async #changeTopics(): Promise<void> {
    const name = this.#pick(TOPICS);
    const topic = this.#world.metadata.topic(name);
    this.#note(`topic ${name} ${topic === undefined ? 'made' : 'changed'}`);
    if (topic === undefined) await this.#world.createTopic(name);
    else if (topic.partitions.length < 8)
      await this.#world.metadata.createPartitions(name, topic.partitions.length + 2);
    else await this.#deleteTopic(name);
  }

  /** Clients drop it by its id; another of its name is not the same. */
  async #deleteTopic(name: string): Promise<void> {
    await this.#world.metadata.deleteTopic(name);
    for (const client of this.#clients) client.forgetTopic(name);
  }

  #subscription(): Beating {
    if (this.#chance(20)) return { subscribedTopicNames: [], subscribedTopicRegex: 't[ab]' };
    const subscribedTopicNames = TOPICS.filter(() => this.#chance(60));
    return { subscribedTopicNames, subscribedTopicRegex: '', ...(this.#chance(20) ? { serverAssignor: 'range' } : {}) };
  }

  async #act(client: Client, isWriteLost = false): Promise<void> {
    if (!client.isOn) {
      if (this.#chance(60)) client.start(this.#subscription(), this.#chance(30) ? client.name : null);
      else return;
    } else if (client.late !== null) {
      this.#note(`${client.memberId} hears late`);
      client.hear(client.late);
      client.late = null;
      return;
    } else if (this.#chance(8)) {
      await this.#leave(client);
      return;
    } else if (this.#chance(30)) {
      client.reconcile();
    } else if (this.#chance(4)) {
      client.subscription = this.#subscription();
      if (client.epoch > 0) await this.#beat(client, { ...client.request(true) }, isWriteLost);
      return;
    }
    const isFull = client.owned === client.assigned && this.#chance(20);
    await this.#beat(client, client.request(isFull), isWriteLost);
  }

  async #leave(client: Client): Promise<void> {
    const isStatic = client.instanceId !== null;
    const memberEpoch = isStatic && this.#chance(60) ? -2 : -1;
    this.#note(`${client.memberId} leaves ${memberEpoch}`);
    if (this.#chance(70)) await this.#world.beat(client.memberId, { memberEpoch, instanceId: client.instanceId });
    client.isOn = false;
    client.drop();
  }

  async #beat(client: Client, request: Beating, isWriteLost: boolean): Promise<void> {
    const { engine } = this.#world;
    if (isWriteLost) engine.autoCommit = false;
    const answering = this.#world.beat(client.memberId, request);
    if (isWriteLost) {
      await settle();
      engine.fail();
      engine.autoCommit = true;
    }
    const answer = await answering;
    this.#note(`${client.memberId} ${JSON.stringify(request)} => ${JSON.stringify(answer)}`);
    const fate = this.#random.int(100);
    if (fate < 10) client.hasMissed = true;
    else if (fate < 25) client.late = answer;
    else client.hear(answer);
  }

  async #check(): Promise<void> {
    const { errorCode, members, groupEpoch, assignmentEpoch } = await this.#world.describe();
    if (errorCode !== ErrorCode.NONE) return;
    assert.ok(groupEpoch >= this.#groupEpoch, 'the epoch of the group shrank');
    assert.ok(assignmentEpoch <= groupEpoch, 'a target from the future');
    this.#groupEpoch = groupEpoch;
    assertDisjoint(members.map(({ memberId, assignment }) => [memberId, assignment.topicPartitions] as const));
    const present = new Set(members.map(({ memberId }) => memberId));
    const alive = this.#clients.filter(({ isOn, memberId }) => isOn && present.has(memberId));
    assertDisjoint(
      alive.map(({ memberId, owned }) => {
        const listed = Object.entries(owned).map(([topicName, partitions]) => ({ topicName, partitions }));
        return [memberId, listed] as const;
      }),
    );
  }

  /** Members that are on go on as they should, until nothing moves any more. */
  async #rest(): Promise<void> {
    this.#note('rest');
    const alive = this.#clients.filter(({ isOn }) => isOn);
    for (let round = 0; round < REST_ROUNDS; round++) {
      for (const client of alive) {
        if (client.late !== null) client.hear(client.late);
        client.late = null;
        client.reconcile();
        client.hear(await this.#world.beat(client.memberId, client.request(false)));
      }
      await this.#check();
      await this.#world.pass(1000);
    }
    if (alive.length === 0) return;
    assert.equal(await this.#world.consumerState(), 'Stable');
    this.#checkAssigned(alive);
  }

  #checkAssigned(alive: readonly Client[]): void {
    for (const { name, partitions } of this.#world.metadata.topics()) {
      const readers = alive.filter(({ subscription }) => subscribes(subscription, name));
      const owners = alive.flatMap(({ memberId, owned }) =>
        (owned[name] ?? []).map((partition) => [partition, memberId]),
      );
      const expected = readers.length === 0 ? 0 : partitions.length;
      assert.equal(
        new Set(owners.map(([partition]) => partition)).size,
        expected,
        `${name} is not assigned as a whole`,
      );
      assert.equal(owners.length, expected, `${name} has partitions with two owners`);
      for (const [, memberId] of owners) assert.ok(readers.some((reader) => reader.memberId === memberId));
    }
  }
}

function subscribes({ subscribedTopicNames, subscribedTopicRegex }: Beating, topic: string): boolean {
  if (subscribedTopicNames?.includes(topic)) return true;
  return subscribedTopicRegex === 't[ab]' && /^t[ab]$/.test(topic);
}

function assertDisjoint(
  owners: ReadonlyArray<
    readonly [string, ReadonlyArray<{ readonly topicName: string; readonly partitions: readonly number[] }>]
  >,
): void {
  const ownerOf = new Map<string, string>();
  for (const [memberId, topics] of owners) {
    for (const { topicName, partitions } of topics) {
      for (const partition of partitions) {
        const other = ownerOf.get(`${topicName}-${partition}`);
        assert.equal(other, undefined, `${topicName}-${partition} belongs to ${other} and to ${memberId}`);
        ownerOf.set(`${topicName}-${partition}`, memberId);
      }
    }
  }
}

test('no partition has two owners, epochs only grow, and at rest everything is assigned', async () => {
  const only = process.env['CONSUMER_SEED'];
  const seeds = only === undefined ? Number(process.env['CONSUMER_SEEDS'] ?? '100') : 1;
  for (let i = 0; i < seeds; i++) {
    const seed = only === undefined ? i : Number(only);
    const random = seededRandom(seed);
    const interval = String([0, 1000, 3000][random.int(3)]);
    const world = await ConsumerWorld.open({ 'group.consumer.assignment.interval.ms': interval });
    const simulation = new Simulation(world, random);
    try {
      await simulation.run();
    } catch (error) {
      if (only !== undefined) process.stderr.write(`${simulation.trace}\n`);
      const command = `CONSUMER_SEED=${seed} node --test test/coordinator/group/consumer/simulation.test.ts`;
      throw new Error(`seed ${seed} failed; alone: ${command}`, { cause: error });
    }
  }
});
