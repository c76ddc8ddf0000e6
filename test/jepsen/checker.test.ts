/** The checker on histories made by hand: each anomaly is found in one that has it, and none in one that has none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AnomalyKind, check } from './checker.ts';
import type {
  CommitOffsetsOperation,
  FetchOffsetsOperation,
  FinalRead,
  History,
  Observation,
  Operation,
  PollOperation,
  SendOperation,
  TransactionOperation,
  Write,
} from './history.ts';

const P = 'topic/0';

/** Writes of values to P; `[value, offset]` when acknowledged. */
const writes = (...items: ReadonlyArray<number | [number, number]>): Write[] =>
  items.map((item) => {
    const [value, offset] = typeof item === 'number' ? [item, null] : item;
    return { partition: P, value, offset };
  });

function sent(items: ReadonlyArray<number | [number, number]>, fields: Partial<SendOperation> = {}): SendOperation {
  const producer = 'producer';
  return { kind: 'send', producer, writes: writes(...items), outcome: 'ok', invokedAt: 0, completedAt: 1, ...fields };
}

function transaction(
  items: ReadonlyArray<number | [number, number]>,
  fields: Partial<TransactionOperation> = {},
): TransactionOperation {
  return {
    kind: 'transaction',
    producer: 'transactor',
    writes: writes(...items),
    consumed: null,
    outcome: 'committed',
    invokedAt: 0,
    commitInvokedAt: 1,
    completedAt: 2,
    ...fields,
  };
}

/** Records of P: values by offset. */
const records = (byOffset: Readonly<Record<number, number>>): Observation[] =>
  Object.entries(byOffset).map(([offset, value]) => ({ partition: P, offset: Number(offset), value }));

function polled(byOffset: Readonly<Record<number, number>>, fields: Partial<PollOperation> = {}): PollOperation {
  const common = { kind: 'poll', session: 'reader', isolation: 'read_committed', group: null } as const;
  return { ...common, records: records(byOffset), invokedAt: 5, completedAt: 6, ...fields };
}

function final(
  committed: Readonly<Record<number, number>>,
  all: Readonly<Record<number, number>> = committed,
): FinalRead {
  return { kind: 'final', partition: P, records: records(all), committed: records(committed), markers: [] };
}

function commitOffset(
  offset: number,
  fields: Partial<CommitOffsetsOperation> & { readonly invokedAt: number; readonly completedAt: number | null },
): CommitOffsetsOperation {
  return { kind: 'commit-offsets', group: 'group', offsets: [{ partition: P, offset }], outcome: 'ok', ...fields };
}

function fetchOffset(offset: number, at: number, group = 'group'): FetchOffsetsOperation {
  const offsets = [{ partition: P, offset }];
  return { kind: 'fetch-offsets', group, offsets, invokedAt: at, completedAt: at + 1 };
}

/** A copy of `copyOf` that moves the group's offset to `next`. */
function copy(value: number, copyOf: number, next: number, fields: Partial<TransactionOperation> = {}) {
  return transaction([], {
    writes: [{ partition: 'copies/0', value, offset: null, copyOf }],
    consumed: { group: 'group', offsets: [{ partition: P, offset: next }] },
    ...fields,
  });
}

const copies = (byOffset: Readonly<Record<number, number>>): FinalRead => {
  const found = records(byOffset).map((record) => ({ ...record, partition: 'copies/0' }));
  return { kind: 'final', partition: 'copies/0', records: found, committed: found, markers: [] };
};

const FAULTY: Readonly<Record<string, { readonly kinds: readonly AnomalyKind[]; readonly history: History }>> = {
  'an acknowledged write is gone, with a later one there': {
    kinds: ['lost-write'],
    history: [sent([[1, 0]]), sent([[2, 1]]), final({ 1: 2 })],
  },
  'a write that was acknowledged without an offset is gone, with a later one of its producer there': {
    kinds: ['lost-write'],
    history: [sent([1]), sent([2]), final({ 1: 2 })],
  },
  'a committed transaction is gone, with a later write there': {
    kinds: ['lost-write'],
    history: [transaction([[1, 0]]), sent([[2, 2]]), final({ 2: 2 })],
  },
  'a write that nobody acknowledged was read, and is gone': {
    kinds: ['lost-write'],
    history: [sent([1], { outcome: 'unknown' }), polled({ 0: 1 }), sent([[2, 1]]), final({ 1: 2 })],
  },
  'the last acknowledged writes are gone': {
    kinds: ['unseen'],
    history: [sent([[1, 0]]), sent([[2, 1]]), final({ 0: 1 })],
  },
  'a retry was appended again': {
    kinds: ['duplicate'],
    history: [sent([1]), final({ 0: 1, 1: 1 })],
  },
  'a record is not where its acknowledgement says': {
    kinds: ['duplicate'],
    history: [sent([[1, 0]]), final({ 3: 1 })],
  },
  'an offset was given twice': {
    kinds: ['inconsistent-offset', 'lost-write'],
    history: [sent([[1, 0]]), sent([[2, 0]]), sent([[3, 1]]), final({ 0: 2, 1: 3 })],
  },
  'two readers saw two values at one offset': {
    kinds: ['inconsistent-offset'],
    history: [
      sent([1, 2], { outcome: 'unknown' }),
      polled({ 0: 1 }, { isolation: 'read_uncommitted' }),
      polled({ 0: 2 }, { session: 'other' }),
      final({ 0: 2 }),
    ],
  },
  'a value comes from nowhere': { kinds: ['unknown-value'], history: [final({ 0: 9 })] },
  'a producer’s requests were appended in another order': {
    kinds: ['reordered-write'],
    history: [sent([1]), sent([2]), final({ 0: 2, 1: 1 })],
  },
  'the records of one request were appended in another order': {
    kinds: ['reordered-write'],
    history: [sent([1, 2]), final({ 0: 2, 1: 1 })],
  },
  'a poll shows an aborted record': {
    kinds: ['aborted-read'],
    history: [transaction([1], { outcome: 'aborted', commitInvokedAt: null }), polled({ 0: 1 }), final({}, { 0: 1 })],
  },
  'an aborted record is visible at the end': {
    kinds: ['aborted-read'],
    history: [transaction([1], { outcome: 'aborted', commitInvokedAt: null }), final({ 0: 1 })],
  },
  'a record is shown while its transaction is open': {
    kinds: ['precommitted-read'],
    history: [transaction([1], { commitInvokedAt: 10, completedAt: 11 }), polled({ 0: 1 }), final({ 0: 1 })],
  },
  'a part of a committed transaction is visible': {
    kinds: ['lost-write', 'torn-transaction'],
    history: [
      transaction([
        [1, 0],
        [2, 1],
      ]),
      sent([[3, 3]]),
      final({ 0: 1, 3: 3 }),
    ],
  },
  'a part of a transaction of unknown outcome is visible': {
    kinds: ['torn-transaction'],
    history: [transaction([1, 2], { outcome: 'unknown', completedAt: null }), final({ 0: 1 })],
  },
  'a record was copied twice': {
    kinds: ['duplicate-copy'],
    history: [sent([1]), copy(11, 1, 1), copy(12, 1, 1), final({ 0: 1 }), copies({ 0: 11, 2: 12 }), fetchOffset(1, 20)],
  },
  'offsets were committed without the copies': {
    kinds: ['lost-copy'],
    history: [
      sent([1]),
      copy(11, 1, 1, { outcome: 'unknown', completedAt: null }),
      final({ 0: 1 }),
      copies({}),
      fetchOffset(1, 20),
    ],
  },
  'copies were committed without the offsets': {
    kinds: ['torn-transaction'],
    history: [
      sent([1]),
      copy(11, 1, 1, { outcome: 'unknown', completedAt: null }),
      final({ 0: 1 }),
      copies({ 0: 11 }),
      fetchOffset(-1, 20),
    ],
  },
  'a poll goes back': {
    kinds: ['nonmonotonic-poll'],
    history: [sent([1, 2]), polled({ 0: 1, 1: 2 }), polled({ 0: 1 }), final({ 0: 1, 1: 2 })],
  },
  'a poll goes back within itself': {
    kinds: ['nonmonotonic-poll'],
    history: [sent([1, 2]), { ...polled({}), records: records({ 0: 1, 1: 2 }).toReversed() }, final({ 0: 1, 1: 2 })],
  },
  'a session passes over a committed record': {
    kinds: ['skipped-poll'],
    history: [sent([1, 2, 3]), polled({ 0: 1 }), polled({ 2: 3 }), final({ 0: 1, 1: 2, 2: 3 })],
  },
  'no member of a group was given a record before its offset': {
    kinds: ['unpolled'],
    history: [
      sent([1, 2]),
      polled({ 1: 2 }, { group: 'group' }),
      commitOffset(2, { invokedAt: 7, completedAt: 8 }),
      final({ 0: 1, 1: 2 }),
      fetchOffset(2, 20),
    ],
  },
  'a committed offset goes back': {
    kinds: ['lost-offset'],
    history: [
      commitOffset(5, { invokedAt: 1, completedAt: 2 }),
      commitOffset(9, { invokedAt: 3, completedAt: 4 }),
      fetchOffset(5, 6),
    ],
  },
  'a committed offset was read and is gone, though nobody was told that it was committed': {
    kinds: ['lost-offset'],
    history: [
      commitOffset(5, { invokedAt: 1, completedAt: 2 }),
      commitOffset(9, { invokedAt: 3, completedAt: null, outcome: 'unknown' }),
      fetchOffset(9, 5),
      fetchOffset(5, 8),
    ],
  },
  'a committed offset is gone': {
    kinds: ['lost-offset'],
    history: [commitOffset(5, { invokedAt: 1, completedAt: 2 }), fetchOffset(-1, 6)],
  },
  'a committed offset is one that nobody committed': {
    kinds: ['lost-offset'],
    history: [commitOffset(5, { invokedAt: 1, completedAt: 2 }), fetchOffset(6, 6)],
  },
  'an aborted transaction’s offset is shown': {
    kinds: ['lost-offset'],
    history: [copy(11, 1, 1, { outcome: 'aborted', commitInvokedAt: null }), fetchOffset(1, 20)],
  },
  'a committed transaction’s offset is gone': {
    kinds: ['lost-offset'],
    history: [copy(11, 1, 1), copies({ 0: 11 }), fetchOffset(-1, 20)],
  },
};

for (const [name, { kinds, history }] of Object.entries(FAULTY)) {
  test(`found: ${name}`, () => {
    const found = check(history);
    assert.deepEqual([...new Set(found.map(({ kind }) => kind))].sort(), [...kinds].sort(), JSON.stringify(found));
  });
}

const CLEAN: Readonly<Record<string, readonly Operation[]>> = {
  'nothing happened': [],
  'a write of unknown fate is there, another is not': [
    sent([1], { outcome: 'unknown', completedAt: null }),
    sent([2], { outcome: 'unknown', completedAt: null }),
    final({ 4: 2 }),
  ],
  'transactions leave holes where their markers and the aborted records lie': [
    transaction([[1, 0]]),
    transaction([[2, 2]], { outcome: 'aborted', commitInvokedAt: null }),
    transaction([[3, 4]]),
    polled({ 0: 1, 4: 3 }),
    polled({ 0: 1, 2: 2, 4: 3 }, { isolation: 'read_uncommitted', session: 'other' }),
    final({ 0: 1, 4: 3 }, { 0: 1, 2: 2, 4: 3 }),
  ],
  'a transaction of unknown outcome is there as a whole, another not at all': [
    transaction([1, 2], { outcome: 'unknown', completedAt: null }),
    transaction([3, 4], { outcome: 'unknown', completedAt: null }),
    final({ 0: 1, 1: 2 }, { 0: 1, 1: 2, 3: 3, 4: 4 }),
  ],
  'a new session starts over': [
    sent([1, 2]),
    polled({ 0: 1, 1: 2 }),
    polled({ 0: 1 }, { session: 'next' }),
    final({ 0: 1, 1: 2 }),
  ],
  'a poll during which the session changed': [
    sent([1, 2]),
    polled({ 0: 1, 1: 2 }),
    polled({ 0: 1 }, { session: null }),
    polled({ 1: 2 }, { session: 'next' }),
    final({ 0: 1, 1: 2 }),
  ],
  'two producers’ records lie in any order': [
    sent([1], { producer: 'a' }),
    sent([2], { producer: 'b' }),
    final({ 0: 2, 1: 1 }),
  ],
  'records were copied once each, and the group is behind them': [
    sent([1, 2, 3]),
    copy(11, 1, 1),
    copy(12, 2, 2, { outcome: 'aborted', commitInvokedAt: null, completedAt: 30 }),
    copy(13, 2, 2, { invokedAt: 30, commitInvokedAt: 31, completedAt: 32 }),
    polled({ 0: 1, 1: 2 }, { group: 'group' }),
    final({ 0: 1, 1: 2, 2: 3 }),
    copies({ 0: 11, 4: 13 }),
    fetchOffset(1, 10),
    fetchOffset(2, 40),
  ],
  'a commit that was under way may be seen or not': [
    commitOffset(5, { invokedAt: 1, completedAt: 2 }),
    commitOffset(9, { invokedAt: 3, completedAt: null, outcome: 'unknown' }),
    fetchOffset(5, 6),
    fetchOffset(9, 8),
  ],
  'a commit of which nobody knows is seen, and seen again after the one that followed, for it was sent twice': [
    commitOffset(5, { invokedAt: 1, completedAt: 2 }),
    commitOffset(9, { invokedAt: 3, completedAt: null, outcome: 'unknown' }),
    fetchOffset(9, 5),
    commitOffset(12, { invokedAt: 7, completedAt: 8 }),
    fetchOffset(12, 9),
    fetchOffset(9, 11),
  ],
  'what is read while a commit is under way is not known to be older than what is read meanwhile': [
    commitOffset(5, { invokedAt: 1, completedAt: 2 }),
    commitOffset(9, { invokedAt: 3, completedAt: null, outcome: 'unknown' }),
    { ...fetchOffset(9, 5), completedAt: 10 },
    { ...fetchOffset(5, 6), completedAt: 11 },
  ],
  'a commit may be seen while it is not acknowledged yet': [
    commitOffset(5, { invokedAt: 1, completedAt: 20 }),
    fetchOffset(5, 6),
  ],
};

for (const [name, history] of Object.entries(CLEAN)) {
  test(`clean: ${name}`, () => assert.deepEqual(check(history), []));
}

test('a history that went through JSON is judged alike', () => {
  for (const { history } of Object.values(FAULTY)) {
    assert.deepEqual(check(JSON.parse(JSON.stringify(history)) as History), check(history));
  }
});
