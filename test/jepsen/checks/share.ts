/**
 * What a share group promises: a record belongs to one member at a time, each comes to its end (accepted, rejected, or
 * delivered as often as it may be), and what has come to its end is not delivered again, whatever becomes of the broker.
 *
 * A client may have fetched what it gives long before; so each delivery lies between `from` and `until`.
 */
import { type Deed, ofKind, type ShareGroup } from '../history.ts';
import { type Anomaly, type AnomalyKind, type Facts, place } from './facts.ts';

interface Delivery {
  readonly member: string;
  readonly count: number;
  /** The member has it since some time between these two. */
  readonly from: number;
  readonly until: number;
}

interface Said {
  readonly member: string;
  readonly type: 'accept' | 'release' | 'reject' | 'renew';
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly isConfirmed: boolean;
}

/** All about one record of a group. */
interface Story {
  readonly group: ShareGroup;
  readonly partition: string;
  readonly offset: number;
  /** In the order in which members had them at hand. */
  readonly deliveries: Delivery[];
  readonly said: Said[];
}

interface Setting {
  readonly facts: Facts;
  readonly deeds: readonly Deed[];
  /** When each member began to close. */
  readonly ends: ReadonlyMap<string, number>;
}

const FOREVER = Number.POSITIVE_INFINITY;

function storiesOf(facts: Facts): Story[] {
  const stories = new Map<string, Story>();
  const groups = new Map(ofKind(facts.history, 'share-group').map((group) => [group.group, group]));
  const storyOf = (name: string, partition: string, offset: number): Story => {
    const key = `${name} ${partition} ${offset}`;
    const group = groups.get(name);
    if (group === undefined) throw new Error(`nothing is known of the group ${name}`);
    const story = stories.get(key) ?? { group, partition, offset, deliveries: [], said: [] };
    stories.set(key, story);
    return story;
  };
  for (const group of groups.keys()) {
    for (const [partition, log] of facts.committed) for (const offset of log.keys()) storyOf(group, partition, offset);
  }
  for (const { group, member, records, acquiredFrom, completedAt } of ofKind(facts.history, 'share-poll')) {
    for (const { partition, offset, deliveryCount: count } of records) {
      const until = completedAt ?? FOREVER;
      storyOf(group, partition, offset).deliveries.push({ member, count, from: acquiredFrom, until });
    }
  }
  for (const operation of ofKind(facts.history, 'share-acknowledge')) {
    const { group, member, invokedAt, completedAt } = operation;
    for (const { partition, offset, type, isConfirmed } of operation.acknowledgements) {
      const said = { member, type, invokedAt, completedAt: completedAt ?? FOREVER, isConfirmed };
      storyOf(group, partition, offset).said.push(said);
    }
  }
  for (const { deliveries, said } of stories.values()) {
    deliveries.sort((a, b) => a.until - b.until);
    said.sort((a, b) => a.invokedAt - b.invokedAt);
  }
  return [...stories.values()];
}

/** Times are inclusive. Locks and counts that were not stored are gone with the broker. */
const isQuiet = ({ deeds }: Setting, from: number, until: number): boolean =>
  deeds.every(({ invokedAt, completedAt }) => invokedAt > until || (completedAt ?? FOREVER) < from);

const endOf = ({ ends }: Setting, member: string): number => ends.get(member) ?? FOREVER;

/** The delivery that an acknowledgement is about. */
const deliveryOf = ({ deliveries }: Story, { member, invokedAt }: Said): Delivery | undefined =>
  deliveries.findLast((delivery) => delivery.member === member && delivery.until <= invokedAt);

/**
 * Whether it is known that the second delivery is of a later acquisition: by the times; since a member is given what it
 * acquires in that order; or since a lock from before the first one would have kept that away.
 */
function isLater({ group }: Story, setting: Setting, first: Delivery, second: Delivery): boolean {
  if (second.from > first.until) return true;
  if (second.until <= first.until) return false;
  if (second.member === first.member) return true;
  return second.from + group.lockMs > first.until && isQuiet(setting, second.from, first.until);
}

/** Each pair of deliveries of which the second one is known to be the later one. */
function* pairs(story: Story, setting: Setting): Generator<readonly [Delivery, Delivery]> {
  for (const [index, second] of story.deliveries.entries()) {
    for (const first of story.deliveries.slice(0, index)) {
      if (isLater(story, setting, first, second)) yield [first, second];
    }
  }
}

/** When it was said for the last time that the record has come to its end. */
function finished(story: Story): Said | undefined {
  return story.said.find((said) => {
    if (!said.isConfirmed || said.type === 'renew') return false;
    return said.type !== 'release' || (deliveryOf(story, said)?.count ?? 0) >= story.group.deliveryLimit;
  });
}

/** The next delivery of which it is known that it follows on what was said. */
function nextAfter(story: Story, setting: Setting, said: Said): Delivery | undefined {
  const own = deliveryOf(story, said);
  // With a lock that was over, it may have been confirmed for other reasons.
  const isOwner = own !== undefined && said.completedAt < own.from + story.group.lockMs;
  return story.deliveries.find((delivery) => {
    if (delivery.from > said.completedAt) return true;
    return isOwner && delivery.until > said.completedAt && isLater(story, setting, own, delivery);
  });
}

function redelivered(story: Story, setting: Setting): string | null {
  const end = finished(story);
  const again = end === undefined ? undefined : nextAfter(story, setting, end);
  if (end === undefined || again === undefined) return null;
  return `${end.member} did ${end.type} it, ${again.member} was given it afterwards (delivery ${again.count})`;
}

function wrongCount(story: Story, setting: Setting): string | null {
  const { deliveries, said, group } = story;
  const wild = deliveries.find(({ count }) => count < 1 || count > group.deliveryLimit);
  if (wild !== undefined) return `delivery ${wild.count} of ${group.deliveryLimit} to ${wild.member}`;
  for (const release of said.filter(({ type, isConfirmed }) => type === 'release' && isConfirmed)) {
    const count = deliveryOf(story, release)?.count ?? 0;
    const after = nextAfter(story, setting, release);
    if (after !== undefined && after.count <= count)
      return `released after delivery ${count}, then delivery ${after.count} to ${after.member}`;
  }
  for (const [first, second] of pairs(story, setting)) {
    const isRenewal =
      first.member === second.member &&
      first.count === second.count &&
      said.some(
        ({ member, type, invokedAt }) => member === first.member && type === 'renew' && invokedAt < second.until,
      );
    if (second.count > first.count || isRenewal || !isQuiet(setting, first.from, second.until)) continue;
    return `delivery ${first.count} to ${first.member}, then ${second.count} to ${second.member}`;
  }
  return null;
}

/** A time until which the member has the record for sure, if it says nothing about it. */
function heldUntil({ said, group }: Story, setting: Setting, { member, from, until }: Delivery): number {
  const renewed = said.filter((one) => one.member === member && one.type === 'renew' && one.isConfirmed);
  const lockedFrom = Math.max(from, ...renewed.map(({ invokedAt }) => invokedAt).filter((at) => at >= until));
  const spoken = said.find((one) => one.member === member && one.type !== 'renew' && one.invokedAt >= until);
  return Math.min(lockedFrom + group.lockMs, endOf(setting, member), spoken?.invokedAt ?? FOREVER);
}

function doubleOwner(story: Story, setting: Setting): string | null {
  const { deliveries, said } = story;
  for (const [index, second] of deliveries.entries()) {
    for (const first of deliveries.slice(0, index)) {
      const from = Math.min(first.from, second.from);
      if (first.member === second.member || !isQuiet(setting, from, second.until)) continue;
      const isFirstHeld = second.until < heldUntil(story, setting, first);
      if (isFirstHeld && second.until < second.from + story.group.lockMs) {
        return `${second.member} was given it while ${first.member} had it`;
      }
    }
  }
  for (const late of said.filter(({ type, isConfirmed }) => type !== 'renew' && isConfirmed)) {
    const own = deliveryOf(story, late);
    const other = deliveries.find(
      (delivery) =>
        own !== undefined &&
        delivery.member !== late.member &&
        isLater(story, setting, own, delivery) &&
        delivery.until < late.invokedAt &&
        late.completedAt < heldUntil(story, setting, delivery) &&
        isQuiet(setting, delivery.from, late.completedAt),
    );
    if (other !== undefined) return `${late.member} did ${late.type} it while ${other.member} had it`;
  }
  return null;
}

/** Deliveries that nobody may have seen: at most one for each deed and each member that went. */
function hiddenDeliveries({ deeds, ends }: Setting, from: number, until: number): number {
  const done = deeds.filter(({ invokedAt, completedAt }) => invokedAt <= until && (completedAt ?? FOREVER) >= from);
  return done.length + [...ends.values()].filter((at) => at >= from && at <= until).length;
}

function lostRecord(story: Story, setting: Setting): string | null {
  const { group, partition, offset, deliveries, said } = story;
  const { history, committed, written } = setting.facts;
  const value = committed.get(partition)?.get(offset);
  if (value === undefined || said.some(({ type }) => type === 'accept' || type === 'reject')) return null;
  const passed = ofKind(history, 'share-offsets').find(
    (seen) =>
      seen.group === group.group && seen.offsets.some((one) => one.partition === partition && one.offset > offset),
  );
  if (passed === undefined) return null;
  const count = Math.max(0, ...deliveries.map((delivery) => delivery.count));
  const from = deliveries.at(-1)?.from ?? written.get(value)?.operation.invokedAt ?? 0;
  if (count + hiddenDeliveries(setting, from, passed.completedAt ?? FOREVER) >= group.deliveryLimit) return null;
  return `the group went past it after ${count} deliveries, and nobody did accept or reject it`;
}

const CHECKS: ReadonlyArray<readonly [AnomalyKind, (story: Story, setting: Setting) => string | null]> = [
  ['redelivered', redelivered],
  ['delivery-count', wrongCount],
  ['double-owner', doubleOwner],
  ['lost-record', lostRecord],
];

export function wrongShares(facts: Facts): Anomaly[] {
  const { history } = facts;
  const deeds = ofKind(history, 'deed');
  const ends = new Map(ofKind(history, 'share-end').map(({ member, at }) => [member, at]));
  const setting = { facts, deeds, ends };
  return storiesOf(facts).flatMap((story) =>
    CHECKS.flatMap(([kind, find]) => {
      const what = find(story, setting);
      return what === null ? [] : [{ kind, detail: `${place(story)} of ${story.group.group}: ${what}` }];
    }),
  );
}

/** Where a share group begins never moves back. */
export function fallenShares({ history }: Facts): Anomaly[] {
  const found: Anomaly[] = [];
  const last = new Map<string, { readonly offset: number; readonly completedAt: number }>();
  for (const { group, offsets, invokedAt, completedAt } of ofKind(history, 'share-offsets')) {
    for (const { partition, offset } of offsets) {
      const key = `${group} ${partition}`;
      const before = last.get(key);
      if (before !== undefined && before.completedAt < invokedAt && before.offset > offset) {
        found.push({
          kind: 'lost-offset',
          detail: `${group} was at ${before.offset} of ${partition}, then at ${offset}`,
        });
      }
      if (completedAt !== null) last.set(key, { offset, completedAt });
    }
  }
  return found;
}
