/** Who is at work in a run; each worker notes in the history what it asked for and what came back. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Consumer, type Isolation, joinPartition, type Producer } from './clients/client.ts';
import type { TransactionOperation, Write } from './history.ts';
import { closed, live, nextOffsets, opened, type RunState, within } from './run-state.ts';

const MAX_PAUSE_MS = 30;
const MAX_RECORDS_OF_A_SEND = 5;
const MAX_SENDS_OF_A_TRANSACTION = 4;
/** One in so many. */
const TRANSACTIONS_ABORTED = 4;
const TRANSACTIONS_ABANDONED = 25;
const MEMBERS_LEAVE = 60;
const COPIERS_LEAVE = 60;

const pause = (run: RunState) => delay(run.random.int(MAX_PAUSE_MS));
const oneIn = (run: RunState, count: number) => run.random.int(count) === 0;

function newWrites(run: RunState): Write[] {
  const { name, partitions } = run.topics.log;
  const count = 1 + run.random.int(MAX_RECORDS_OF_A_SEND);
  return Array.from({ length: count }, () => run.newWrite(joinPartition(name, run.random.int(partitions))));
}

const withOffsets = (writes: readonly Write[], offsets: ReadonlyArray<number | null>): Write[] =>
  writes.map((write, index) => ({ ...write, offset: offsets[index] ?? null }));

/** Sends plain records, idempotently, one request after the other. */
export function sender(run: RunState, name: string): Promise<void> {
  return live(run, name, async (session) => {
    const producer = await opened(run.client.producer(null));
    try {
      while (!run.isOver) await send(run, name, `${name}#${session}`, producer);
    } finally {
      await closed(producer);
    }
  });
}

async function send(run: RunState, name: string, identity: string, producer: Producer): Promise<void> {
  const writes = newWrites(run);
  const invokedAt = run.now();
  const common = { kind: 'send', producer: identity, invokedAt } as const;
  try {
    const offsets = await within(producer.send(writes));
    const done = { writes: withOffsets(writes, offsets), outcome: 'ok', completedAt: run.now() } as const;
    run.history.push({ ...common, ...done });
    run.succeeded(name);
  } catch (error) {
    run.history.push({ ...common, writes, outcome: 'unknown', completedAt: null });
    throw error;
  }
  await pause(run);
}

/** Has what was left open of the last transaction aborted. */
async function endTransactions(run: RunState, name: string): Promise<void> {
  await closed(await opened(run.client.producer(name)));
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Runs one transaction and notes how it ended. `body` fills in what it writes.
 *
 * @throws what the client threw: the producer is good for nothing any more
 */
async function transact(
  run: RunState,
  producer: Producer,
  identity: string,
  ending: 'commit' | 'abort' | 'abandon',
  body: (operation: Mutable<TransactionOperation> & { writes: Write[] }) => Promise<void>,
): Promise<void> {
  const operation: Mutable<TransactionOperation> & { writes: Write[] } = {
    kind: 'transaction',
    producer: identity,
    writes: [],
    consumed: null,
    outcome: 'aborted',
    invokedAt: run.now(),
    commitInvokedAt: null,
    completedAt: null,
  };
  try {
    await within(producer.begin());
    await body(operation);
    if (ending === 'abandon') throw new Error('abandoned in the middle');
    if (ending === 'commit') {
      operation.commitInvokedAt = run.now();
      operation.outcome = 'unknown';
      await within(producer.commit());
      operation.outcome = 'committed';
    } else {
      await within(producer.abort());
    }
    operation.completedAt = run.now();
  } finally {
    run.history.push(operation);
  }
}

async function sendInTransaction(
  producer: Producer,
  operation: { writes: Write[] },
  writes: readonly Write[],
): Promise<void> {
  const before = [...operation.writes];
  operation.writes = [...before, ...writes];
  const offsets = await within(producer.send(writes));
  operation.writes = [...before, ...withOffsets(writes, offsets)];
}

function ending(run: RunState): 'commit' | 'abort' | 'abandon' {
  if (oneIn(run, TRANSACTIONS_ABANDONED)) return 'abandon';
  return oneIn(run, TRANSACTIONS_ABORTED) ? 'abort' : 'commit';
}

/** Writes transactions over several partitions; some are aborted, some left to the next producer to find. */
export async function transactor(run: RunState, name: string): Promise<void> {
  await live(run, name, async (session) => {
    const producer = await opened(run.client.producer(name));
    try {
      while (!run.isOver) {
        await transact(run, producer, `${name}#${session}`, ending(run), async (operation) => {
          const sends = 1 + run.random.int(MAX_SENDS_OF_A_TRANSACTION);
          for (let count = 0; count < sends; count++) await sendInTransaction(producer, operation, newWrites(run));
        });
        run.succeeded(name);
        await pause(run);
      }
    } finally {
      await closed(producer);
    }
  });
  await endTransactions(run, name);
}

/** Polls once and notes it. */
async function poll(run: RunState, consumer: Consumer, isolation: Isolation) {
  const invokedAt = run.now();
  const { session, records } = await within(consumer.poll());
  const { group } = consumer;
  if (records.length > 0) {
    run.history.push({ kind: 'poll', session, isolation, group, records, invokedAt, completedAt: run.now() });
  }
  return { session, records };
}

/** Reads everything, from the start. */
export function reader(run: RunState, name: string, isolation: Isolation): Promise<void> {
  const topics = [run.topics.log.name, run.topics.copies.name];
  return live(run, name, async () => {
    const consumer = await opened(run.client.consumer({ topics, group: null, isolation }));
    try {
      while (!run.isOver) {
        const { records } = await poll(run, consumer, isolation);
        if (records.length > 0) run.succeeded(name);
      }
    } finally {
      await closed(consumer);
    }
  });
}

/** A member of a group that commits what it was given, and now and then leaves. */
export function member(run: RunState, name: string, group: string): Promise<void> {
  const topics = [run.topics.log.name];
  const isolation = 'read_committed';
  return live(run, name, async () => {
    const consumer = await opened(run.client.consumer({ topics, group, isolation }));
    try {
      while (!run.isOver && !oneIn(run, MEMBERS_LEAVE)) {
        const { records, session } = await poll(run, consumer, isolation);
        if (records.length > 0 && session !== null) await commit(run, name, group, consumer, nextOffsets(records));
        await pause(run);
      }
    } finally {
      await closed(consumer);
    }
  });
}

async function commit(
  run: RunState,
  name: string,
  group: string,
  consumer: Consumer,
  offsets: ReturnType<typeof nextOffsets>,
): Promise<void> {
  const common = { kind: 'commit-offsets', group, offsets, invokedAt: run.now() } as const;
  try {
    await within(consumer.commit(offsets));
    run.history.push({ ...common, outcome: 'ok', completedAt: run.now() });
    run.succeeded(name);
  } catch (error) {
    run.history.push({ ...common, outcome: 'unknown', completedAt: null });
    throw error;
  }
}

/** Copies the log into another topic, each batch and its offsets in one transaction. */
export async function copier(run: RunState, name: string, group: string): Promise<void> {
  const { log, copies } = run.topics;
  const isolation = 'read_committed';
  await live(run, name, async (sessionNumber) => {
    // First, as this waits until what the producer before had begun is over: only then the group's offsets are final.
    const producer = await opened(run.client.producer(name));
    let consumer: Consumer | null = null;
    try {
      consumer = await opened(run.client.consumer({ topics: [log.name], group, isolation }));
      const given = consumer;
      let session: string | null = null;
      while (!run.isOver && !oneIn(run, COPIERS_LEAVE)) {
        const { records, session: now } = await poll(run, given, isolation);
        // What follows a rebalance may have been read before the end of a transaction was known.
        if (session !== null && session !== now && !run.client.fencesCopiers) return;
        if (records.length === 0) continue;
        if (now === null) throw new Error('the session changed during a poll');
        session = now;
        const end = ending(run);
        await transact(run, producer, `${name}#${sessionNumber}`, end, async (operation) => {
          const target = () => joinPartition(copies.name, run.random.int(copies.partitions));
          operation.consumed = { group, offsets: nextOffsets(records) };
          await sendInTransaction(
            producer,
            operation,
            records.map(({ value }) => run.newWrite(target(), value)),
          );
          await within(producer.sendOffsets(given, operation.consumed.offsets));
        });
        run.succeeded(name);
        // The consumer has read on: go back by starting anew.
        if (end !== 'commit') return;
      }
    } finally {
      await closed(consumer, producer);
    }
  });
  await endTransactions(run, name);
}
