/** The checker on histories of share groups made by hand: each anomaly is found in one that has it, and none in one that has none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AnomalyKind, check } from './checker.ts';
import type {
  Acknowledgement,
  Deed,
  FinalRead,
  History,
  Operation,
  SendOperation,
  ShareAcknowledgeOperation,
  ShareEnd,
  ShareGroup,
  ShareOffsetsOperation,
  SharePollOperation,
  TransactionOperation,
} from './history.ts';

const P = 'topic/0';
const LOCK_MS = 100;
const group: ShareGroup = { kind: 'share-group', group: 'group', lockMs: LOCK_MS, deliveryLimit: 3 };

/** Values 0, 1, 2 … at the offsets that they are. */
const places = (count: number) =>
  Array.from({ length: count }, (_, offset) => ({ partition: P, offset, value: offset }));

/** So many records are there at the end, and were acknowledged. */
const log = (count: number): [SendOperation, FinalRead] => [
  { kind: 'send', producer: 'producer', writes: places(count), outcome: 'ok', invokedAt: 0, completedAt: 1 },
  { kind: 'final', partition: P, records: places(count), committed: places(count), markers: [] },
];

/** A member was given a record, which it has acquired since `from`. */
function given(
  member: string,
  offset: number,
  deliveryCount: number,
  at: number,
  acquiredFrom = at - 1,
): SharePollOperation {
  const records = [{ partition: P, offset, value: offset, deliveryCount }];
  const [invokedAt, completedAt] = [at - 1, at];
  return { kind: 'share-poll', group: 'group', member, records, acquiredFrom, invokedAt, completedAt };
}

function said(
  member: string,
  offset: number,
  type: Acknowledgement['type'],
  at: number,
  isConfirmed = true,
): ShareAcknowledgeOperation {
  const acknowledgements = [{ partition: P, offset, type, isConfirmed }];
  const completedAt = isConfirmed ? at + 1 : null;
  return { kind: 'share-acknowledge', group: 'group', member, acknowledgements, invokedAt: at, completedAt };
}

/** The group is done with all before `offset`. */
function done(offset: number, at: number): ShareOffsetsOperation {
  const offsets = [{ partition: P, offset }];
  return { kind: 'share-offsets', group: 'group', offsets, invokedAt: at, completedAt: at + 1 };
}

const ended = (member: string, at: number): ShareEnd => ({ kind: 'share-end', group: 'group', member, at });
const killed = (at: number): Deed => ({ kind: 'deed', what: 'kill', invokedAt: at, completedAt: at + 1 });

/** A transaction with the value 0. */
const transaction = (outcome: 'committed' | 'aborted', commitInvokedAt: number | null): TransactionOperation => ({
  kind: 'transaction',
  producer: 'transactor',
  writes: [{ partition: P, offset: null, value: 0 }],
  consumed: null,
  outcome,
  invokedAt: 0,
  commitInvokedAt,
  completedAt: 100,
});

const FAULTY: Readonly<Record<string, { readonly kinds: readonly AnomalyKind[]; readonly history: History }>> = {
  'a record that was accepted comes again': {
    kinds: ['redelivered'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'accept', 11), given('b', 0, 2, 20)],
  },
  'a record that was accepted comes again after a restart': {
    kinds: ['redelivered'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'accept', 11), killed(15), given('b', 0, 1, 20)],
  },
  'a record that was accepted comes again to who may have fetched before, but not that record': {
    kinds: ['redelivered'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'accept', 11), killed(15), given('b', 0, 1, 20, 5)],
  },
  'a member accepted a record and is given it again': {
    kinds: ['redelivered'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'accept', 11), killed(15), given('a', 0, 1, 20, 9)],
  },
  'a record that was rejected comes again': {
    kinds: ['redelivered'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'reject', 11), given('a', 0, 2, 20)],
  },
  'a record that was released for the last time comes again': {
    kinds: ['delivery-count', 'redelivered'],
    history: [group, ...log(1), given('a', 0, 3, 10), said('a', 0, 'release', 11), given('b', 0, 4, 20)],
  },
  'a record is delivered more often than it may be': {
    kinds: ['delivery-count'],
    history: [group, ...log(1), given('a', 0, 4, 10)],
  },
  'a released record comes with the same count': {
    kinds: ['delivery-count'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'release', 11), given('b', 0, 1, 20)],
  },
  'a count that was stored is gone after a restart': {
    kinds: ['delivery-count'],
    history: [group, ...log(1), given('a', 0, 2, 10), said('a', 0, 'release', 11), killed(15), given('b', 0, 1, 20)],
  },
  'a count falls once the lock is over': {
    kinds: ['delivery-count'],
    history: [group, ...log(1), given('a', 0, 2, 10), given('b', 0, 1, 300)],
  },
  'a member is given a record that another one has': {
    kinds: ['double-owner'],
    history: [group, ...log(1), given('a', 0, 1, 10), given('b', 0, 2, 20)],
  },
  'two members are given a record at once, nobody knows which one first': {
    kinds: ['double-owner'],
    history: [group, ...log(1), given('a', 0, 1, 10, 5), given('b', 0, 2, 11, 5)],
  },
  'a member is given a record whose lock another one has renewed': {
    kinds: ['double-owner'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'renew', 90), given('b', 0, 2, 150)],
  },
  'a member whose lock was over accepts a record that another one has': {
    kinds: ['double-owner'],
    history: [group, ...log(1), given('a', 0, 1, 10), given('b', 0, 2, 200), said('a', 0, 'accept', 210)],
  },
  'the group goes past a record that nobody was given': {
    kinds: ['lost-record'],
    history: [group, ...log(2), given('a', 1, 1, 10), said('a', 1, 'accept', 11), done(2, 20)],
  },
  'the group goes past a record that was released once': {
    kinds: ['lost-record'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'release', 11), done(1, 20)],
  },
  'the group goes past a record that a member had when the broker was killed': {
    kinds: ['lost-record'],
    history: [group, ...log(1), given('a', 0, 1, 10), killed(15), done(1, 20)],
  },
  'the group begins before where it began': {
    kinds: ['lost-offset'],
    history: [group, ...log(1), given('a', 0, 1, 10), said('a', 0, 'accept', 11), done(1, 20), killed(25), done(0, 30)],
  },
  'a member is given a record of an aborted transaction': {
    kinds: ['aborted-read'],
    history: [group, transaction('aborted', null), given('a', 0, 1, 10)],
  },
  'a member is given a record before its commit': {
    kinds: ['precommitted-read'],
    history: [group, transaction('committed', 50), given('a', 0, 1, 10)],
  },
  'a member is given a value that nobody wrote': {
    kinds: ['unknown-value'],
    history: [group, given('a', 0, 1, 10)],
  },
};

for (const [name, { kinds, history }] of Object.entries(FAULTY)) {
  test(`found: ${name}`, () => {
    const found = check(history);
    assert.deepEqual([...new Set(found.map(({ kind }) => kind))].sort(), [...kinds].sort(), JSON.stringify(found));
  });
}

const CLEAN: Readonly<Record<string, readonly Operation[]>> = {
  'a record is released, and accepted by another member': [
    given('a', 0, 1, 10),
    said('a', 0, 'release', 11),
    given('b', 0, 2, 20),
    said('b', 0, 'accept', 21),
    done(1, 30),
  ],
  'a record comes to its last delivery': [
    given('a', 0, 1, 10),
    said('a', 0, 'release', 11),
    given('a', 0, 2, 20),
    said('a', 0, 'release', 21),
    given('b', 0, 3, 30),
    said('b', 0, 'release', 31),
    done(1, 40),
  ],
  'a lock runs out': [given('a', 0, 1, 10), given('b', 0, 2, 150), said('a', 0, 'accept', 160, false)],
  'a lock is renewed, and the record polled again': [
    given('a', 0, 1, 10),
    said('a', 0, 'renew', 20),
    given('a', 0, 1, 25),
    said('a', 0, 'accept', 30),
  ],
  'a renewed lock runs out': [given('a', 0, 1, 10), said('a', 0, 'renew', 20), given('b', 0, 2, 200)],
  'a member goes': [given('a', 0, 1, 10), ended('a', 15), given('b', 0, 2, 20)],
  'locks and counts that nobody stored are gone with the broker': [
    given('a', 0, 1, 10),
    killed(15),
    given('b', 0, 1, 20),
  ],
  'an acceptance of which nobody knows': [
    given('a', 0, 1, 10),
    said('a', 0, 'accept', 11, false),
    killed(15),
    given('b', 0, 1, 20),
    said('b', 0, 'accept', 21, false),
    done(1, 30),
  ],
  'a record that was fetched before another member accepted it': [
    given('a', 0, 1, 10, 1),
    ended('a', 11),
    killed(12),
    given('b', 0, 1, 15, 14),
    said('b', 0, 'accept', 16),
    given('c', 0, 1, 30, 5),
  ],
  'deliveries that nobody has seen': [given('a', 0, 1, 10), ended('a', 12), ended('b', 14), done(1, 20)],
};

for (const [name, operations] of Object.entries(CLEAN)) {
  test(`clean: ${name}`, () => assert.deepEqual(check([group, ...log(1), ...operations]), []));
}

test('a history that went through JSON is judged alike', () => {
  for (const { history } of Object.values(FAULTY)) {
    assert.deepEqual(check(JSON.parse(JSON.stringify(history)) as History), check(history));
  }
});
