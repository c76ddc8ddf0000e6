/** Stored delivery states of records, as ranges of records that stand alike, in order of their offsets. */

/** Records next to each other with one state; offsets are inclusive. */
export interface StateBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** 0 available, 2 acknowledged, 3 archiving, 4 archived. */
  readonly deliveryState: number;
  readonly deliveryCount: number;
}

/**
 * The states of `batches` and `added` together, without what lies before `startOffset`. Where two speak of a record,
 * the one with more deliveries counts, then the one with the higher state: records only ever move that way.
 */
export function combine(
  batches: readonly StateBatch[],
  added: readonly StateBatch[],
  startOffset: number,
): readonly StateBatch[] {
  const combined = overlay(ordered(batches), ordered(added)).filter(({ lastOffset }) => lastOffset >= startOffset);
  const [first] = combined;
  if (first === undefined || first.firstOffset >= startOffset) return combined;
  return [{ ...first, firstOffset: startOffset }, ...combined.slice(1)];
}

/** The same states in order and without overlaps. */
function ordered(batches: readonly StateBatch[]): readonly StateBatch[] {
  let nextOffset = -Infinity;
  const isOrdered = batches.every(({ firstOffset, lastOffset }) => {
    const fits = firstOffset >= nextOffset && lastOffset >= firstOffset;
    nextOffset = lastOffset + 1;
    return fits;
  });
  if (isOrdered) return batches;
  if (batches.length === 1) return []; // ends before it begins
  const middle = batches.length >>> 1;
  return overlay(ordered(batches.slice(0, middle)), ordered(batches.slice(middle)));
}

/** Lays ranges over others, in one pass; both are in order and without overlaps. */
function overlay(some: readonly StateBatch[], others: readonly StateBatch[]): StateBatch[] {
  const result: StateBatch[] = [];
  const [a, b] = [some.values(), others.values()];
  let left = a.next().value;
  let right = b.next().value;
  while (left !== undefined || right !== undefined) {
    const start = Math.min(left?.firstOffset ?? Infinity, right?.firstOffset ?? Infinity);
    const one = left?.firstOffset === start ? left : undefined;
    const other = right?.firstOffset === start ? right : undefined;
    const last = Math.min(endIn(left, start), endIn(right, start));
    const state = one === undefined || other === undefined ? (one ?? other) : newer(one, other);
    push(result, { ...(state as StateBatch), firstOffset: start, lastOffset: last });
    if (one !== undefined) left = one.lastOffset > last ? { ...one, firstOffset: last + 1 } : a.next().value;
    if (other !== undefined) right = other.lastOffset > last ? { ...other, firstOffset: last + 1 } : b.next().value;
  }
  return result;
}

/** How far a range, if any, leaves things as they are from `start` on: to its end, or to before it begins. */
function endIn(batch: StateBatch | undefined, start: number): number {
  if (batch === undefined) return Infinity;
  return batch.firstOffset > start ? batch.firstOffset - 1 : batch.lastOffset;
}

function newer(batch: StateBatch, added: StateBatch): StateBatch {
  const byCount = batch.deliveryCount - added.deliveryCount;
  return byCount > 0 || (byCount === 0 && batch.deliveryState > added.deliveryState) ? batch : added;
}

function push(batches: StateBatch[], batch: StateBatch): void {
  const last = batches.at(-1);
  const isMore =
    last !== undefined &&
    last.lastOffset + 1 === batch.firstOffset &&
    last.deliveryState === batch.deliveryState &&
    last.deliveryCount === batch.deliveryCount;
  if (isMore) batches[batches.length - 1] = { ...last, lastOffset: batch.lastOffset };
  else batches.push(batch);
}
