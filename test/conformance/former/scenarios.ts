/**
 * The conformance scenarios for clients of Node that are reached by an adapter: former releases, and bindings with an API of
 * their own. The packages lie in folders of their own.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Scenario } from '../scenarios.ts';
import {
  assertPerKeyOrder,
  compressibleValues,
  eventually,
  main,
  type Run,
  range,
  type Scenarios,
  Unsupported,
} from '../node/scenario-runner.ts';

export interface FormerMessage {
  readonly key?: string | null;
  readonly value: string | null;
  readonly partition?: number;
  /** ms */
  readonly timestamp?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FormerRead {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** A member of a group, which commits only when it is told. */
export interface Member {
  /** How many partitions it owns. */
  owned(): number;
  /** Commits for partition 0. */
  commit(offset: number): Promise<void>;
  close(): Promise<void>;
}

export interface FormerClient {
  /** Scenarios that the client has no feature for, and why. */
  readonly lacks: Partial<Record<Scenario, string>>;
  /** False: its records have no headers. */
  readonly hasHeaders: boolean;
  /** @throws Error when there is such a topic */
  create(run: Run, topic: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void>;
  /** By the metadata. */
  partitionCount(run: Run, topic: string): Promise<number>;
  produce(run: Run, topic: string, messages: readonly FormerMessage[], codec: Codec): Promise<void>;
  join(run: Run, group: string, topic: string, onRead: (read: FormerRead) => void): Promise<Member>;
  /** Those of partitions 0 and up. */
  committed(run: Run, group: string, topic: string, partitions: number): Promise<number[]>;
  /** For partitions 0 and up, without a member. */
  commit?(run: Run, group: string, topic: string, offsets: readonly number[]): Promise<void>;
  produceIdempotent?(run: Run, topic: string, messages: readonly FormerMessage[]): Promise<void>;
  delete?(run: Run, topic: string): Promise<void>;
  /** The value of a setting of the topic. */
  describeConfig?(run: Run, topic: string, name: string): Promise<string>;
  /** Of partition 0. */
  offsetAt?(run: Run, topic: string, time: number): Promise<number>;
}

/** Loads a package out of the folder that a variable names. */
export function loadFrom(variable: string, name: string): any {
  const folder = process.env[variable];
  assert(folder !== undefined, `${variable} names the folder that the package is installed in`);
  return createRequire(join(folder, 'package.json'))(name);
}

const numbers = (count: number): FormerMessage[] =>
  range(count).map((index) => ({ value: String(index), partition: 0 }));

function scenariosOf(client: FormerClient): Record<'run' | 'verify', Scenarios> {
  const create = (run: Run, topic: string, partitions = 1, configs = {}) =>
    client.create(run, topic, partitions, configs);

  async function read(run: Run, topic: string, count: number): Promise<FormerRead[]> {
    const reads: FormerRead[] = [];
    const member = await client.join(run, `${topic}-reader-${Math.random()}`, topic, (one) => reads.push(one));
    try {
      await eventually(`${count} records of ${topic}`, () => (reads.length >= count ? true : undefined));
    } finally {
      await member.close();
    }
    assert.equal(reads.length, count);
    return reads;
  }

  const compression = (codec: Codec) => async (run: Run) => {
    const topic = `${run.prefix}-${codec}`;
    const values = compressibleValues(200);
    await create(run, topic);
    const messages = values.map((value) => ({ value, partition: 0 }));
    await client.produce(run, topic, messages, codec);
    const reads = await read(run, topic, 200);
    assert.deepEqual(
      reads.map(({ value }) => value),
      values,
    );
    return '200 records';
  };

  async function createTopics(run: Run): Promise<string> {
    const [a, b] = [`${run.prefix}-a`, `${run.prefix}-b`];
    await create(run, a);
    await create(run, b, 3, { 'max.message.bytes': '4194304' });
    await assert.rejects(create(run, a), 'an existing topic');
    assert.deepEqual([await client.partitionCount(run, a), await client.partitionCount(run, b)], [1, 3]);
    return 'two topics';
  }

  async function keyedAndHeaded(run: Run): Promise<string> {
    const topic = `${run.prefix}-a`;
    const messages = range(10).map((index) => ({
      key: `key-${index}`,
      value: `value-${index}`,
      headers: client.hasHeaders ? { first: `h${index}`, empty: '' } : {},
    }));
    await client.produce(
      run,
      topic,
      messages.map((message) => ({ ...message, partition: 0 })),
      'none',
    );
    assert.deepEqual(
      await read(run, topic, 10),
      messages.map((message, offset) => ({ partition: 0, offset, ...message })),
    );
    return client.hasHeaders ? '10 records' : '10 records without headers';
  }

  async function severalPartitions(run: Run): Promise<string> {
    const messages = range(300).map((index) => ({ key: `k${index % 30}`, value: String(index) }));
    await client.produce(run, `${run.prefix}-b`, messages, 'none');
    const records = (await read(run, `${run.prefix}-b`, 300)).map(({ partition, key, value }) => ({
      partition,
      key: key ?? '',
      value: value ?? '',
    }));
    assertPerKeyOrder(records, messages);
    for (const [key, ofKey] of Map.groupBy(records, ({ key }) => key)) {
      assert.equal(new Set(ofKey.map(({ partition }) => partition)).size, 1, `partitions of ${key}`);
    }
    const used = new Set(records.map(({ partition }) => partition)).size;
    assert.equal(used, await client.partitionCount(run, `${run.prefix}-b`));
    return `300 records on ${used} partitions`;
  }

  async function groupOfTwo(run: Run): Promise<string> {
    const topic = `${run.prefix}-group`;
    await create(run, topic, 4);
    const messages = range(100).map((index) => ({ value: String(index), partition: index % 4 }));
    await client.produce(run, topic, messages, 'none');
    const seen = new Set<string | null>();
    const join = () => client.join(run, `${topic}-members`, topic, ({ value }) => seen.add(value));
    const [first, second] = await Promise.all([join(), join()]);
    const own = (a: number, b: number) => (first.owned() === a && second.owned() === b ? true : undefined);
    await eventually('both members own two partitions', () => own(2, 2));
    await first.close();
    await eventually('the second member owns all', () => (second.owned() === 4 ? true : undefined));
    await eventually('every record', () => (seen.size === 100 ? true : undefined));
    await second.close();
    return '2 + 2 partitions, then 4';
  }

  async function commitAndResume(run: Run): Promise<string> {
    const [topic, group] = [`${run.prefix}-resume`, `${run.prefix}-resume-group`];
    await create(run, topic);
    await client.produce(run, topic, numbers(100), 'none');
    let count = 0;
    const first = await client.join(run, group, topic, () => count++);
    await eventually('60 records', () => (count >= 60 ? true : undefined));
    await first.commit(60);
    await first.close();
    assert.deepEqual(await client.committed(run, group, topic, 1), [60]);
    const rest: number[] = [];
    const second = await client.join(run, group, topic, ({ offset }) => rest.push(offset));
    await eventually('40 records', () => (rest.length >= 40 ? true : undefined));
    await second.close();
    assert.deepEqual(
      rest,
      range(40).map((index) => 60 + index),
    );
    return 'resumed at 60';
  }

  async function seekByTime(run: Run): Promise<string> {
    const topic = `${run.prefix}-time`;
    const start = Date.now() - 60_000;
    await create(run, topic);
    const messages = range(10).map((index) => ({
      value: String(index),
      partition: 0,
      timestamp: start + index * 1000,
    }));
    await client.produce(run, topic, messages, 'none');
    const at = [];
    for (const time of [5000, 4001]) at.push(await client.offsetAt?.(run, topic, start + time));
    assert.deepEqual(at, [5, 5]);
    return 'offset 5';
  }

  async function emptyAndLarge(run: Run): Promise<string> {
    const topic = `${run.prefix}-sizes`;
    await create(run, topic, 1, { 'max.message.bytes': '4194304' });
    const messages: FormerMessage[] = [
      { key: 'a', value: '' },
      { key: 'b', value: null },
      { key: '', value: 'empty key' },
      { key: 'd', value: 'x'.repeat(1 << 20) },
    ];
    for (const message of messages) await client.produce(run, topic, [{ ...message, partition: 0 }], 'none');
    assert.deepEqual(
      (await read(run, topic, 4)).map(({ key, value }) => ({ key, value })),
      messages,
    );
    return 'empty, null and 1 MiB';
  }

  async function describeAndDelete(run: Run): Promise<string> {
    if (client.describeConfig !== undefined) {
      assert.equal(await client.describeConfig(run, `${run.prefix}-b`, 'max.message.bytes'), '4194304');
    }
    const doomed = `${run.prefix}-doomed`;
    await create(run, doomed);
    await client.delete?.(run, doomed);
    // Some of these clients make a topic by asking for it.
    await eventually('the topic is gone', () =>
      create(run, doomed).then(
        () => true,
        () => undefined,
      ),
    );
    return 'described and deleted';
  }

  async function idempotent(run: Run): Promise<string> {
    const topic = `${run.prefix}-idempotent`;
    await create(run, topic);
    await client.produceIdempotent?.(run, topic, numbers(500));
    assert.deepEqual(
      (await read(run, topic, 500)).map(({ value }) => value),
      range(500).map(String),
    );
    return '500 records';
  }

  async function beforeKill(run: Run): Promise<string> {
    const topic = `${run.prefix}-durable`;
    await create(run, topic, 2);
    const messages = range(1000).map((index) => ({ value: String(index), partition: index % 2 }));
    await client.produce(run, topic, messages, 'none');
    await client.commit?.(run, `${topic}-group`, topic, [123, 45]);
    return '1000 records, two offsets';
  }

  async function afterKill(run: Run): Promise<string> {
    const topic = `${run.prefix}-durable`;
    const reads = await read(run, topic, 1000);
    for (const partition of [0, 1]) {
      assert.deepEqual(
        reads.filter((one) => one.partition === partition).map(({ value }) => Number(value)),
        range(500).map((index) => index * 2 + partition),
      );
    }
    assert.deepEqual(await client.committed(run, `${topic}-group`, topic, 2), [123, 45]);
    await client.produce(run, topic, numbers(10), 'none');
    await read(run, topic, 1010);
    return '1000 records, two offsets';
  }

  const bodies: Scenarios = {
    'create-topics': createTopics,
    'keyed-and-headed-records': keyedAndHeaded,
    'compression-gzip': compression('gzip'),
    'compression-snappy': compression('snappy'),
    'compression-lz4': compression('lz4'),
    'compression-zstd': compression('zstd'),
    'several-partitions': severalPartitions,
    'group-of-two': groupOfTwo,
    'commit-and-resume': commitAndResume,
    'seek-by-time': seekByTime,
    'empty-and-large-records': emptyAndLarge,
    'describe-and-delete': describeAndDelete,
    'idempotent-produce': idempotent,
    'before-kill': beforeKill,
  };
  for (const [scenario, reason] of Object.entries(client.lacks)) {
    bodies[scenario as Scenario] = async () => {
      throw new Unsupported(reason);
    };
  }
  return { run: bodies, verify: { 'after-kill': afterKill } };
}

/** Runs the phase that the command line names with this client. */
export function runScenarios(client: FormerClient): Promise<never> {
  return main(scenariosOf(client));
}
