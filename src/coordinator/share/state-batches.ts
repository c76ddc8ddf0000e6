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
  let combined: readonly StateBatch[] = batches.filter(({ lastOffset }) => lastOffset >= startOffset);
  for (const batch of added) if (batch.lastOffset >= startOffset) combined = insert(combined, batch);
  const [first] = combined;
  if (first === undefined || first.firstOffset >= startOffset) return combined;
  return [{ ...first, firstOffset: startOffset }, ...combined.slice(1)];
}

/** Lays one range over others that are in order and do not overlap. */
function insert(batches: readonly StateBatch[], added: StateBatch): readonly StateBatch[] {
  const result: StateBatch[] = [];
  let nextOffset = added.firstOffset;
  let isPlaced = false;
  const placeBefore = (endOffset: number): void => {
    if (nextOffset < endOffset) push(result, { ...added, firstOffset: nextOffset, lastOffset: endOffset - 1 });
    nextOffset = Math.max(nextOffset, endOffset);
  };
  for (const batch of batches) {
    if (batch.lastOffset < added.firstOffset) {
      push(result, batch);
      continue;
    }
    if (batch.firstOffset > added.lastOffset) {
      if (!isPlaced) placeBefore(added.lastOffset + 1);
      isPlaced = true;
      push(result, batch);
      continue;
    }
    placeBefore(batch.firstOffset);
    const first = Math.max(batch.firstOffset, added.firstOffset);
    const last = Math.min(batch.lastOffset, added.lastOffset);
    if (batch.firstOffset < first) push(result, { ...batch, lastOffset: first - 1 });
    push(result, { ...newer(batch, added), firstOffset: first, lastOffset: last });
    if (batch.lastOffset > last) push(result, { ...batch, firstOffset: last + 1 });
    nextOffset = last + 1;
  }
  if (!isPlaced) placeBefore(added.lastOffset + 1);
  return result;
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
