/** Members of a share group: they accept, release, reject and renew, take too long, and go without a word. */
import { setTimeout as delay } from 'node:timers/promises';
import { POLL_RECORDS, type ShareConsumer, type ShareConsumers } from '../clients/client.ts';
import type { Acknowledgement, ShareAcknowledgeOperation, ShareRecord } from '../history.ts';
import { closed, live, opened, type RunState, within } from '../run-state.ts';

export const LOCK_MS = 4000;
/** Kafka's default. */
export const DELIVERY_LIMIT = 5;
/** One in so many records is released whenever it comes, until it is given up. */
const POISON = 37;
/** One in so many. */
const RELEASED = 10;
const REJECTED = 30;
const RENEWED = 12;
const MEMBERS_HOLD = 60;
const MEMBERS_LEAVE = 60;
/** Locks are over by then. */
const HELD_MS = 1.4 * LOCK_MS;

type AcknowledgeType = Acknowledgement['type'];

/** Reads as one member after the other. */
export class ShareMember {
  readonly #run: RunState;
  readonly #name: string;
  readonly #group: string;
  readonly #consumers: ShareConsumers;
  /** Of the consumer that is open. */
  #id = '';
  /** Before that, nothing of what the consumer gives next was fetched. */
  #fetchedFrom = 0;

  constructor(run: RunState, name: string, group: string, consumers: ShareConsumers) {
    this.#run = run;
    this.#name = name;
    this.#group = group;
    this.#consumers = consumers;
  }

  live(): Promise<void> {
    const { topics } = this.#run;
    const isOver = () => this.#run.phase === 'over';
    const session = async (number: number): Promise<void> => {
      this.#id = `${this.#name}#${number}`;
      this.#fetchedFrom = this.#run.now();
      const consumer = await opened(this.#consumers.open([topics.log.name], this.#group));
      try {
        while (!isOver() && (this.#isDraining || !this.#oneIn(MEMBERS_LEAVE))) await this.#serve(consumer);
      } finally {
        this.#run.history.push({ kind: 'share-end', group: this.#group, member: this.#id, at: this.#run.now() });
        await closed(consumer);
      }
    };
    return live(this.#run, this.#name, session, isOver);
  }

  get #isDraining(): boolean {
    return this.#run.phase !== 'work';
  }

  #oneIn(count: number): boolean {
    return this.#run.random.int(count) === 0;
  }

  async #serve(consumer: ShareConsumer): Promise<void> {
    const records = await this.#poll(consumer);
    if (records.length === 0) return;
    if (!this.#isDraining && this.#oneIn(MEMBERS_LEAVE)) throw new Error('left with records in hand');
    if (!this.#isDraining && this.#oneIn(MEMBERS_HOLD)) await delay(HELD_MS);
    await this.#acknowledge(consumer, records);
  }

  async #poll(consumer: ShareConsumer): Promise<readonly ShareRecord[]> {
    const invokedAt = this.#run.now();
    const records = await within(consumer.poll());
    if (records.length === 0) return records;
    const acquiredFrom = this.#fetchedFrom;
    // It fetches when a poll finds nothing at hand; something is left at hand only by a poll that gave all that it may.
    if (records.length < POLL_RECORDS) this.#fetchedFrom = invokedAt;
    const common = { kind: 'share-poll', group: this.#group, member: this.#id } as const;
    this.#run.history.push({ ...common, records, acquiredFrom, invokedAt, completedAt: this.#run.now() });
    return records;
  }

  #typeFor({ value }: ShareRecord): AcknowledgeType {
    if (value % POISON === 0) return 'release';
    if (this.#isDraining) return 'accept';
    if (this.#oneIn(RELEASED)) return 'release';
    if (this.#oneIn(REJECTED)) return 'reject';
    return this.#consumers.canRenew && this.#oneIn(RENEWED) ? 'renew' : 'accept';
  }

  async #acknowledge(consumer: ShareConsumer, records: readonly ShareRecord[]): Promise<void> {
    const said = records.map((record) => ({
      partition: record.partition,
      offset: record.offset,
      type: this.#typeFor(record),
    }));
    const common = { kind: 'share-acknowledge', group: this.#group, member: this.#id } as const;
    const note = (confirmed: ReadonlySet<string>, completedAt: number | null): ShareAcknowledgeOperation => ({
      ...common,
      acknowledgements: said.map((one) => ({ ...one, isConfirmed: confirmed.has(one.partition) })),
      invokedAt,
      completedAt,
    });
    const invokedAt = this.#run.now();
    try {
      const confirmed = await within(consumer.acknowledge(said));
      this.#run.history.push(note(confirmed, this.#run.now()));
      if (confirmed.size > 0) this.#run.succeeded(this.#name);
    } catch (error) {
      this.#run.history.push(note(new Set(), null));
      throw error;
    }
  }
}
