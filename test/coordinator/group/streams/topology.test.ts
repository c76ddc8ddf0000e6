/** Topologies of streams applications against the topics that there are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { configureTopology } from '../../../../src/coordinator/group/streams/configured-topology.ts';
import type { ConfiguredTopology } from '../../../../src/coordinator/group/streams/configured-topology.ts';
import { sameTopology, toTopology } from '../../../../src/coordinator/group/streams/topology.ts';
import type { Subtopology, TopicInfo } from '../../../../src/coordinator/group/streams/topology.ts';
import { cpuClock } from '../../../support/cpu-time.ts';

function topic(name: string, partitions = 0, configs: Readonly<Record<string, string>> = {}): TopicInfo {
  const topicConfigs = Object.entries(configs).map(([key, value]) => ({ key, value }));
  return { name, partitions, replicationFactor: 0, topicConfigs };
}

function subtopology(subtopologyId: string, parts: Partial<Subtopology>): Subtopology {
  return {
    subtopologyId,
    sourceTopics: [],
    sourceTopicRegex: [],
    stateChangelogTopics: [],
    repartitionSinkTopics: [],
    repartitionSourceTopics: [],
    copartitionGroups: [],
    ...parts,
  };
}

function configure(
  subtopologies: readonly Subtopology[],
  topics: Readonly<Record<string, number>>,
): ConfiguredTopology {
  return configureTopology(toTopology({ epoch: 0, subtopologies: [...subtopologies] }), (name) => topics[name]);
}

function missing(configured: ConfiguredTopology): Record<string, number> {
  return Object.fromEntries(configured.missingInternalTopics.map(({ name, partitions }) => [name, partitions]));
}

function isError(code: number): (error: unknown) => boolean {
  return (error) => error instanceof KafkaError && error.code === code;
}

/** A word count: one part reads lines and writes words, the other counts them. */
const WORD_COUNT = [
  subtopology('1', {
    repartitionSourceTopics: [topic('app-words-repartition')],
    stateChangelogTopics: [topic('app-counts-changelog', 0, { 'cleanup.policy': 'compact' })],
  }),
  subtopology('0', { sourceTopics: ['lines'], repartitionSinkTopics: ['app-words-repartition'] }),
];

test('internal topics get the partitions of what feeds them, and are missing until they exist', () => {
  const before = configure(WORD_COUNT, { lines: 3 });
  assert.deepEqual(missing(before), { 'app-words-repartition': 3, 'app-counts-changelog': 3 });
  assert.equal(before.problem?.statusCode, 3);
  assert.match(before.problem?.statusDetail ?? '', /^Internal topics are missing: app-/);
  const changelog = before.missingInternalTopics.find(({ name }) => name === 'app-counts-changelog');
  assert.deepEqual([...(changelog?.configs ?? [])], [['cleanup.policy', 'compact']]);

  const after = configure(WORD_COUNT, { lines: 3, 'app-words-repartition': 3, 'app-counts-changelog': 3 });
  assert.equal(after.problem, null);
  assert.deepEqual(
    [...(after.subtopologies ?? [])].map(([id, { taskCount }]) => [id, taskCount]),
    [
      ['0', 3],
      ['1', 3],
    ],
  );
});

test('missing source topics are named, three of them', () => {
  const some = configure([subtopology('0', { sourceTopics: ['b', 'a'] })], { a: 1 });
  assert.deepEqual(some.problem, { statusCode: 1, statusDetail: 'Source topics b are missing.' });
  assert.equal(some.subtopologies, null);
  const many = configure([subtopology('0', { sourceTopics: ['e', 'd', 'c', 'b', 'a'] })], {});
  assert.equal(many.problem?.statusDetail, 'Source topics a, b, c and 2 additional topics are missing.');
});

test('a subtopology has as many tasks as its largest input has partitions', () => {
  const { subtopologies } = configure([subtopology('0', { sourceTopics: ['a', 'b'] })], { a: 2, b: 5 });
  assert.equal(subtopologies?.get('0')?.taskCount, 5);
});

test('the number of a repartition topic is found through a chain of others, whatever the order of the parts', () => {
  const chain = [
    subtopology('0', { repartitionSourceTopics: [topic('r2')], stateChangelogTopics: [topic('c')] }),
    subtopology('1', { repartitionSourceTopics: [topic('r1')], repartitionSinkTopics: ['r2'] }),
    subtopology('2', { sourceTopics: ['in'], repartitionSinkTopics: ['r1'] }),
  ];
  assert.deepEqual(missing(configure(chain, { in: 4 })), { r1: 4, r2: 4, c: 4 });
});

test('a part that reads several repartition topics counts the largest of those that are known when its turn comes', () => {
  const parts = (id: string): readonly Subtopology[] => [
    subtopology('0', { sourceTopics: ['small'], repartitionSinkTopics: ['a'] }),
    subtopology(id, { repartitionSourceTopics: [topic('a'), topic('c')], repartitionSinkTopics: ['d'] }),
    subtopology('2', { sourceTopics: ['large'], repartitionSinkTopics: ['b'] }),
    subtopology('3', { repartitionSourceTopics: [topic('b')], repartitionSinkTopics: ['c'] }),
    subtopology('4', { repartitionSourceTopics: [topic('d')], stateChangelogTopics: [topic('log')] }),
  ];
  const counts = { small: 2, large: 9 };
  assert.deepEqual(missing(configure(parts('1'), counts)), { a: 2, b: 9, c: 9, d: 2, log: 2 });
  assert.deepEqual(missing(configure(parts('5'), counts)), { a: 2, b: 9, c: 9, d: 9, log: 9 });
});

test('the turns of parts come as their ids come in a HashMap of Java', () => {
  const parts = (reader: string): readonly Subtopology[] => [
    subtopology('s0', { sourceTopics: ['large'], repartitionSinkTopics: ['a'] }),
    subtopology(reader, {
      sourceTopics: ['small'],
      repartitionSourceTopics: [topic('a')],
      repartitionSinkTopics: ['b'],
    }),
    subtopology('s2', { repartitionSourceTopics: [topic('b')] }),
    subtopology('s4', { sourceTopics: ['small'] }),
  ];
  const counts = { small: 2, large: 9 };
  assert.deepEqual(missing(configure(parts('s1'), counts)), { a: 9, b: 9 });
  assert.deepEqual(missing(configure(parts('s3'), counts)), { a: 9, b: 2 });
});

test('in a loop that is fed from outside, what is known has to do', () => {
  const parts = [
    subtopology('0', { sourceTopics: ['in'], repartitionSourceTopics: [topic('back')], repartitionSinkTopics: ['on'] }),
    subtopology('1', { repartitionSourceTopics: [topic('on')], repartitionSinkTopics: ['back'] }),
  ];
  assert.deepEqual(missing(configure(parts, { in: 3 })), { back: 3, on: 3 });
});

test('a topology of thousands of parts is measured at once, one with too many tasks is refused', () => {
  const parts = Array.from({ length: 20_000 }, (_, index) => {
    const id = String(99_999 - index);
    const source = { repartitionSourceTopics: [topic(`r${index - 1}`)] };
    return subtopology(id, {
      ...(index === 0 ? { sourceTopics: ['in'] } : source),
      repartitionSinkTopics: [`r${index}`],
    });
  });
  const cpuMs = cpuClock();
  const { subtopologies } = configure(parts, { in: 10 });
  assert.equal(subtopologies?.size, 20_000);
  assert.ok(cpuMs() < 10_000, 'it takes time with the square of the parts');
  assert.throws(() => configure(parts, { in: 11 }), isError(ErrorCode.STREAMS_INVALID_TOPOLOGY));
});

test('a repartition topic with a number of its own keeps it', () => {
  const parts = [
    subtopology('0', { sourceTopics: ['in'], repartitionSinkTopics: ['r'] }),
    subtopology('1', { repartitionSourceTopics: [topic('r', 7)], stateChangelogTopics: [topic('c')] }),
  ];
  assert.deepEqual(missing(configure(parts, { in: 4 })), { r: 7, c: 7 });
});

test('a loop of repartition topics, one that nobody writes and a part that reads nothing are no topology', () => {
  const loop = [subtopology('0', { repartitionSourceTopics: [topic('r')], repartitionSinkTopics: ['r'] })];
  assert.throws(() => configure(loop, {}), isError(ErrorCode.STREAMS_INVALID_TOPOLOGY));
  const unwritten = [subtopology('0', { repartitionSourceTopics: [topic('r')] })];
  assert.throws(() => configure(unwritten, {}), isError(ErrorCode.STREAMS_INVALID_TOPOLOGY));
  assert.throws(() => configure([subtopology('0', {})], {}), isError(ErrorCode.STREAMS_INVALID_TOPOLOGY));
});

const COPARTITIONED = { sourceTopics: [0], sourceTopicRegex: [], repartitionSourceTopics: [0] };

test('a repartition topic follows the source topic that it is joined with', () => {
  const parts = [
    subtopology('0', { sourceTopics: ['small'], repartitionSinkTopics: ['r'] }),
    subtopology('1', {
      sourceTopics: ['large'],
      repartitionSourceTopics: [topic('r')],
      copartitionGroups: [COPARTITIONED],
    }),
  ];
  assert.deepEqual(missing(configure(parts, { small: 2, large: 6 })), { r: 6 });
});

test('a fixed number that differs from the joined source topic is a problem that members are told of', () => {
  const parts = [
    subtopology('0', { sourceTopics: ['in'], repartitionSinkTopics: ['r'] }),
    subtopology('1', {
      sourceTopics: ['large'],
      repartitionSourceTopics: [topic('r', 2)],
      copartitionGroups: [COPARTITIONED],
    }),
  ];
  const { problem } = configure(parts, { in: 1, large: 6 });
  assert.equal(problem?.statusCode, 2);
  assert.match(problem?.statusDetail ?? '', /\[2\] of repartition topic \[r\] .* \[6\] of the source topic/);
});

test('source topics that are joined must have the same number of partitions', () => {
  const group = { sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] };
  const parts = [subtopology('0', { sourceTopics: ['b', 'a'], copartitionGroups: [group] })];
  assert.equal(configure(parts, { a: 3, b: 3 }).problem, null);
  assert.deepEqual(configure(parts, { a: 3, b: 4 }).problem, {
    statusCode: 2,
    statusDetail: 'Following topics do not have the same number of partitions: [{a=3, b=4}]',
  });
});

test('joined repartition topics get the largest number among them, or the fixed one', () => {
  const parts = (fixed: number): readonly Subtopology[] => [
    subtopology('0', { sourceTopics: ['a'], repartitionSinkTopics: ['ra'] }),
    subtopology('1', { sourceTopics: ['b'], repartitionSinkTopics: ['rb'] }),
    subtopology('2', {
      repartitionSourceTopics: [topic('ra'), topic('rb', fixed)],
      copartitionGroups: [{ sourceTopics: [], sourceTopicRegex: [], repartitionSourceTopics: [0, 1] }],
    }),
  ];
  assert.deepEqual(missing(configure(parts(0), { a: 2, b: 5 })), { ra: 5, rb: 5 });
  assert.deepEqual(missing(configure(parts(3), { a: 2, b: 5 })), { ra: 3, rb: 3 });
});

test('joined repartition topics get the number that is fixed for others of the topology, which have to agree', () => {
  const parts = (one: number, other: number): readonly Subtopology[] => [
    subtopology('0', { sourceTopics: ['a'], repartitionSinkTopics: ['ra', 'f1'] }),
    subtopology('1', { sourceTopics: ['b'], repartitionSinkTopics: ['rb', 'f2'] }),
    subtopology('2', {
      repartitionSourceTopics: [topic('rb'), topic('ra')],
      copartitionGroups: [{ sourceTopics: [], sourceTopicRegex: [], repartitionSourceTopics: [0, 1] }],
    }),
    subtopology('3', { repartitionSourceTopics: [topic('f1', one), topic('f2', other)] }),
  ];
  const counts = { a: 2, b: 5 };
  assert.deepEqual(missing(configure(parts(7, 7), counts)), { ra: 7, rb: 7, f1: 7, f2: 7 });
  assert.deepEqual(configure(parts(7, 8), counts).problem, {
    statusCode: 2,
    statusDetail: 'Following topics do not have the same number of partitions: [{ra=2, rb=5}]',
  });
});

test('an internal topic that exists with another number of partitions is a problem', () => {
  const { problem } = configure(WORD_COUNT, { lines: 3, 'app-words-repartition': 3, 'app-counts-changelog': 2 });
  assert.deepEqual(problem, {
    statusCode: 2,
    statusDetail: 'Existing topic app-counts-changelog has different number of partitions: expected 3, found 2',
  });
});

test('a copartition group that refers to no topic is refused', () => {
  const parts = [subtopology('0', { sourceTopics: ['a'], copartitionGroups: [COPARTITIONED] })];
  assert.throws(() => configure(parts, { a: 1 }), isError(ErrorCode.UNKNOWN_SERVER_ERROR));
});

test('topologies are the same whatever the order of their parts, and differ by epoch and content', () => {
  const one = toTopology({ epoch: 1, subtopologies: WORD_COUNT });
  assert.ok(sameTopology(one, toTopology({ epoch: 1, subtopologies: WORD_COUNT.toReversed() })));
  assert.ok(!sameTopology(one, toTopology({ epoch: 2, subtopologies: WORD_COUNT })));
  const other = [subtopology('1', {}), ...WORD_COUNT.slice(1)];
  assert.ok(!sameTopology(one, toTopology({ epoch: 1, subtopologies: other })));
});

test('a negative epoch and a part that comes twice are errors', () => {
  assert.throws(() => toTopology({ epoch: -1, subtopologies: [] }), isError(ErrorCode.UNKNOWN_SERVER_ERROR));
  const twice = [subtopology('0', {}), subtopology('0', {})];
  assert.throws(() => toTopology({ epoch: 0, subtopologies: twice }), isError(ErrorCode.UNKNOWN_SERVER_ERROR));
});
