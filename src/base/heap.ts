/** How V8 manages this program's memory: most objects live as long as one request, and there are two cores to share. */
import type * as V8 from 'node:v8';

/**
 * How many times larger than V8's first size, 1 MiB, the young generation is. It is collected when it is full, at a cost
 * that hardly depends on its size, as little in it is alive: at first small requests spend a tenth of their time on that.
 * More, of which V8 would take 32 MiB, brings a small heap nothing.
 */
const GROWTH = 4;
/**
 * A heap beyond this is of thousands of connections. Every request writes to objects of its own among them, and each
 * collection has to look at all that were written to: there the young generation grows once more, so that four times as many
 * requests share one.
 */
const CROWDED_HEAP_BYTES = 32 * 1024 * 1024;
/** With so much of it, it has grown as far as it should there: beyond, single collections would take long. */
const CROWDED_YOUNG_BYTES = 12 * 1024 * 1024;
/** It has grown when there is so much of it: V8 keeps a little for itself. */
const GROWN_BYTES = 3 * 1024 * 1024;
/** Objects that fill it once while it has its first size. */
const SURVIVORS = 25_000;
/** How often as many may be made until it grows: each time that it is full, V8 looks at what has survived so far. */
const MAX_ATTEMPTS = 32;

/**
 * By how many percent what is old grows before it is collected. V8 is content when that takes three percent of the time:
 * for a broker that rests most of it, a tenth of its work, and while it is under way every answer takes longer.
 */
const OLD_GROWTH_PERCENT = 200;
/**
 * A heap beyond this is of many partitions, and V8 knows better what to make of the memory that there is. To mark it takes
 * hundreds of milliseconds, which a thread may have while the event loop goes on.
 */
const SMALL_HEAP_BYTES = 64 * 1024 * 1024;

/** Loaded on demand: an embedding program's heap is left alone, and the module takes 2 ms. */
const v8 = (): typeof V8 => process.getBuiltinModule('node:v8');

/** True where the process is the broker's own: an embedding program's heap is not ours to set up. */
let isOurs = false;
let hasGrown = false;
/**
 * Large heaps are marked on a thread. For good: V8 stops that thread for each collection of the young generation only while
 * it is told that there may be one, and it may be at work when the heap has become small again.
 */
let marksOnThread = false;
/** V8 does not let it grow so far, as where the program was given a bound. */
let isBounded = false;
/** The percentage in force; 0 leaves it to V8. */
let oldGrowthPercent = 0;

/** Sets what is right for a broker. To be called once, before anything else has been loaded. */
export function setUpHeap(): void {
  isOurs = true;
  // The heap is small, and on two cores the collector's threads only push the event loop aside: without them the slowest
  // answers take half as long.
  v8().setFlagsFromString('--no-parallel-scavenge');
  v8().setFlagsFromString('--no-concurrent-marking');
  v8().setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Lets the heap grow to what many small requests need, or many partitions; an idle broker has no use for the memory. To be
 * called each time that these begin to come, or those become more.
 */
export function growHeap(): void {
  if (!isOurs) return;
  const usedBytes = v8().getHeapStatistics().used_heap_size;
  const isSmall = usedBytes < SMALL_HEAP_BYTES;
  if (!isSmall && !marksOnThread) v8().setFlagsFromString('--concurrent-marking');
  marksOnThread ||= !isSmall;
  const percent = isSmall ? OLD_GROWTH_PERCENT : 0;
  if (percent !== oldGrowthPercent) v8().setFlagsFromString(`--heap-growing-percent=${percent}`);
  oldGrowthPercent = percent;
  if (!hasGrown) growYoungGeneration(GROWN_BYTES);
  hasGrown = true;
  if (isBounded || usedBytes <= CROWDED_HEAP_BYTES || youngBytes() >= CROWDED_YOUNG_BYTES) return;
  growYoungGeneration(CROWDED_YOUNG_BYTES);
  isBounded = youngBytes() < CROWDED_YOUNG_BYTES;
}

/**
 * Takes some milliseconds. There is no flag for its size once the program runs, but V8 lets it grow when more survives
 * than it holds, for as long as it may: so that is over when this returns.
 */
function growYoungGeneration(goalBytes: number): void {
  v8().setFlagsFromString(`--semi-space-growth-factor=${GROWTH}`);
  for (let attempt = 0; attempt < MAX_ATTEMPTS && youngBytes() < goalBytes; attempt++) {
    Array.from({ length: SURVIVORS }, (_, index) => ({ index }));
  }
  v8().setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Collects whatever nobody needs, and gives the memory back: some 20 ms for the heap of a broker at rest. A large heap is
 * left as it is, as that would hold up whoever comes meanwhile.
 */
export function shrinkHeap(): void {
  if (!isOurs || v8().getHeapStatistics().used_heap_size > SMALL_HEAP_BYTES) return;
  collect ??= collector();
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;
let collect: Collect | undefined;

/** V8's collector by hand, which it gives to contexts that are made while this flag is set. */
function collector(): Collect {
  v8().setFlagsFromString('--expose-gc');
  const gc: unknown = process.getBuiltinModule('node:vm').runInNewContext('gc');
  v8().setFlagsFromString('--no-expose-gc');
  return gc as Collect;
}

/** Bytes that objects may take before the young generation is collected. */
export function youngBytes(): number {
  const space = v8()
    .getHeapSpaceStatistics()
    .find(({ space_name: name }) => name === 'new_space');
  return space === undefined ? GROWN_BYTES : space.space_used_size + space.space_available_size;
}
