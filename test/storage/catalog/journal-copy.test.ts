/** The journal's copy of the catalog: what comes back of it after crashes, and which catalogs it takes for its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import * as changes from '../../../src/storage/catalog/changes.ts';
import { checkAgainstJournal } from '../../../src/storage/catalog/check.ts';
import { encodeBatch, encodeImage, JournalCopy } from '../../../src/storage/catalog/journal-copy.ts';
import { type CatalogRows, newCluster } from '../../../src/storage/catalog/rows.ts';
import { CatalogState } from '../../../src/storage/catalog/state.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { CATALOG_STREAM } from '../../../src/storage/types.ts';
import { append } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil, settle } from '../../support/run-clock.ts';
import { openSmallEngine } from '../../support/small-engine.ts';

type Step = (state: CatalogState) => changes.Planned<unknown>;

function rowsOf(state: CatalogState): CatalogRows {
  return { cluster: state.cluster(), rows: [...state.rows()].sort(), end: null };
}

/** A change that fits the state. */
function randomStep(random: Random, n: number): Step {
  const create: Step = (state) => changes.createTopic(state, { name: `t${n}`, id: `id${n}`, configs: [] }, 1 + (n % 3));
  return (state) => {
    const topics = [...state.rows()].filter(([kind]) => kind === 'topic').map(([, name]) => name);
    const deletions = [...state.rows()].filter(([kind]) => kind === 'deletion').map(([, id]) => id);
    const topic = topics[random.int(topics.length + 1)];
    const deletion = deletions[random.int(deletions.length + 1)];
    if (deletion !== undefined) return changes.endDeletion(state, deletion);
    if (topic === undefined) return create(state);
    return [
      create,
      (rows: CatalogState) => changes.addPartitions(rows, topic, 1 + random.int(6)),
      (rows: CatalogState) => changes.deleteTopic(rows, topic),
      (rows: CatalogState) => changes.setTopicConfigs(rows, topic, [['retention.ms', String(n)]]),
      (rows: CatalogState) => changes.setConfigs(rows, 4, '', n % 2 === 0 ? [] : [['log.retention.ms', String(n)]]),
      (rows: CatalogState) => changes.allocateProducerIds(rows, 1000),
    ][random.int(6)]!(state);
  };
}

/** A catalog whose disk keeps everything, over a journal on a disk that dies. */
class Rig {
  readonly clock = new ManualClock();
  readonly disk: FaultyDisk;
  readonly state = new CatalogState(newCluster('small'));
  /** The catalog as it was after each change. */
  readonly history: CatalogRows[] = [];
  /** Changes that somebody was told of. */
  told = 0;
  engine: Engine | null = null;

  constructor(disk: FaultyDisk) {
    this.disk = disk;
  }

  async run(random: Random, steps: number): Promise<void> {
    this.engine = await openSmallEngine(this.disk, 'os', this.clock);
    const copy = new JournalCopy(this.engine);
    for (let n = 0; n < steps; n++) {
      const { change } = (n === 0 ? changes.countStart : randomStep(random, n))(this.state);
      if (change === null) continue;
      this.state.apply(change);
      this.history.push(rowsOf(this.state));
      await copy.append(encodeBatch(change));
      this.told = this.state.cluster().generation;
      if (n % 17 === 16) await copy.rewrite(encodeImage(this.state.cluster(), this.state.rows()));
    }
  }
}

function check(rows: CatalogRows, engine: Engine): Promise<{ readonly isWhole: boolean }> {
  return checkAgainstJournal('catalog.db', rows, new JournalCopy(engine), engine);
}

test('wherever the machine dies, the catalog is taken, and older ones than the journal knows are not', async () => {
  const whole = new Rig(new FaultyDisk(seededRandom(5)));
  await runUntil(whole.clock, whole.run(seededRandom(9), 60));
  const { steps } = whole.disk;
  await runUntil(whole.clock, (whole.engine as Engine).close());
  let refusals = 0;
  for (let crashAt = 2; crashAt < steps; crashAt += 3) {
    for (const end of ['kill', 'power cut'] as const) {
      const rig = new Rig(new FaultyDisk(seededRandom(5)));
      rig.disk.crashAt = crashAt;
      await settle(rig.clock, rig.run(seededRandom(9), 60));
      const why = `${end} at step ${crashAt}`;
      const newest = rig.history.at(-1);
      if (newest === undefined) continue;
      const disk = end === 'kill' ? rig.disk.afterKill() : rig.disk.afterPowerCut();
      const engine = await runUntil(rig.clock, openSmallEngine(disk, 'os', rig.clock));
      const { isWhole } = await runUntil(rig.clock, check(newest, engine));
      const copied = await new JournalCopy(engine).newest();
      if (end === 'kill') assert.ok((copied?.cluster.generation ?? 0) >= rig.told, why);
      if (isWhole) {
        const state = await runUntil(rig.clock, new JournalCopy(engine).replay());
        assert.ok(state !== null, why);
        assert.deepEqual(rowsOf(state), newest, why);
      }
      for (const older of rig.history.slice(0, -1)) {
        if (older.cluster.generation >= (copied?.cluster.generation ?? 0)) continue;
        refusals += 1;
        await assert.rejects(check(older, engine), { code: 'CORRUPT', message: /is older than the journal/ }, why);
      }
      await runUntil(rig.clock, engine.close());
    }
  }
  assert.ok(refusals > 100);
});

/** An engine whose copy holds one topic, with a row more if asked for. */
async function openWithTopic() {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await openSmallEngine(disk, 'os', clock);
  const state = new CatalogState(newCluster('small'));
  const copy = new JournalCopy(engine);
  const make = async (step: Step): Promise<void> => {
    const { change } = step(state);
    assert.ok(change !== null);
    state.apply(change);
    await copy.append(encodeBatch(change));
  };
  await make(changes.countStart);
  await make((rows) => changes.createTopic(rows, { name: 'a', id: 'A', configs: [] }, 1));
  return { clock, disk, engine, state, copy, make };
}

test('a catalog of the same generation that says something else is refused', async () => {
  const { clock, engine, state } = await openWithTopic();
  const { cluster, rows } = rowsOf(state);
  await check({ cluster, rows, end: null }, engine);
  const other = { cluster: { ...cluster, digest: cluster.digest + 1 }, rows, end: null };
  await assert.rejects(check(other, engine), { code: 'CORRUPT', message: /says something else than the journal/ });
  await runUntil(clock, engine.close());
});

test('a catalog that is ahead of the journal is taken after a crash, and not when it is of another', async () => {
  const { clock, engine, state } = await openWithTopic();
  const ahead = (id: string): CatalogRows => {
    const later = new CatalogState(newCluster('small'));
    for (const step of [
      changes.countStart,
      (rows: CatalogState) => changes.createTopic(rows, { name: 'a', id, configs: [] }, 1),
      changes.countStart,
    ]) {
      const { change } = step(later);
      if (change !== null) later.apply(change);
    }
    return rowsOf(later);
  };
  assert.equal((await check(rowsOf(state), engine)).isWhole, true);
  assert.equal((await check(ahead('A'), engine)).isWhole, false);
  await assert.rejects(check(ahead('B'), engine), { code: 'CORRUPT', message: /belongs to another directory/ });
  await runUntil(clock, engine.close());
});

test('a stream that the catalog does not know refuses a start, with records or without', async () => {
  const { clock, engine, state } = await openWithTopic();
  engine.createStream(1);
  await check(rowsOf(state), engine);
  engine.createStream(7);
  await assert.rejects(check(rowsOf(state), engine), { code: 'CORRUPT', message: /stream 7/ });
  await append(engine, 7, { bodyBytes: 100 });
  await assert.rejects(
    check(rowsOf(state), engine),
    /does not know a partition \(stream 7\) with \d+ bytes of records/,
  );
  await runUntil(clock, engine.close());
});

test('an image takes the place of all before it, and changes made between its parts come after it', async () => {
  const { clock, engine, state, copy, make } = await openWithTopic();
  for (let n = 0; n < 300; n++) {
    const configs: [string, string][] = [['a', 'x'.repeat(5000)]];
    await make((rows) => changes.createTopic(rows, { name: `t${n}`, id: `${n}`, configs }, 1));
  }
  const image = encodeImage(state.cluster(), state.rows());
  assert.ok(image.length > 1);
  const before = engine.state(CATALOG_STREAM).logEndOffset;
  const rewriting = copy.rewrite(image);
  await make((rows) => changes.deleteTopic(rows, 't5'));
  await runUntil(clock, rewriting);
  await make((rows) => changes.deleteTopic(rows, 't6'));
  assert.equal(engine.state(CATALOG_STREAM).logStartOffset, before);
  const replayed = await copy.replay();
  assert.ok(replayed !== null);
  assert.deepEqual(rowsOf(replayed), rowsOf(state));
  assert.equal((await copy.newest())?.isWhole, true);
  await runUntil(clock, engine.close());
});

test('changes behind a gap say so until the next image', async () => {
  const { clock, engine, state, copy, make } = await openWithTopic();
  copy.noteGap();
  await make(changes.countStart);
  assert.equal((await copy.newest())?.isWhole, false);
  assert.equal(copy.wantsImage, true);
  await copy.rewrite(encodeImage(state.cluster(), state.rows()));
  await make(changes.countStart);
  assert.equal((await copy.newest())?.isWhole, true);
  assert.equal(copy.wantsImage, false);
  await runUntil(clock, engine.close());
});

test('a file that only the copy keeps goes once the copy has moved', async () => {
  const { clock, engine, state, copy } = await openWithTopic();
  engine.createStream(1);
  engine.onCatalogPins(() => copy.rewrite(encodeImage(state.cluster(), state.rows())));
  for (let i = 0; i < 80; i++) await append(engine, 1, { bodyBytes: 900 });
  const first = engine.stats().journalFiles;
  await runUntil(clock, engine.trim(1, 79));
  const isMoved = (): boolean => engine.state(CATALOG_STREAM).logStartOffset > 0;
  const clean = (async () => {
    while (engine.stats().journalFiles >= first / 2 || !isMoved())
      await new Promise((resolve) => clock.setTimer(50, () => resolve(null)));
  })();
  await runUntil(clock, clean);
  assert.deepEqual(rowsOf((await copy.replay()) as CatalogState), rowsOf(state));
  await runUntil(clock, engine.close());
});

test('on a full disk changes are told at once, and follow when there is room', async () => {
  const { clock, disk, engine, state, copy, make } = await openWithTopic();
  disk.capacityBytes = disk.usedBytes;
  const configs: [string, string][] = [['a', 'x'.repeat(3000)]];
  for (let n = 0; n < 40; n++)
    await runUntil(
      clock,
      make((rows) => changes.setTopicConfigs(rows, 'a', configs)),
    );
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  const killed = await runUntil(clock, openSmallEngine(disk.afterKill(), 'os', clock));
  const { isWhole } = await check(rowsOf(state), killed);
  assert.equal(isWhole, false, 'the catalog is ahead, which is sound');
  await runUntil(clock, killed.close());
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await runUntil(clock, engine.flush());
  assert.equal((await copy.newest())?.cluster.generation, state.cluster().generation);
  assert.deepEqual(rowsOf((await copy.replay()) as CatalogState), rowsOf(state));
  await runUntil(clock, engine.close());
});

test('a damaged copy is named, not believed', async () => {
  const { clock, engine, state, copy } = await openWithTopic();
  const { change } = changes.countStart(state);
  assert.ok(change !== null);
  const bytes = encodeBatch(change);
  bytes.set([(bytes[30] as number) ^ 1], 30);
  await copy.append(bytes);
  const refused = { code: 'CORRUPT', message: /copy of the catalog is damaged/ };
  await assert.rejects(copy.newest(), refused);
  await assert.rejects(copy.replay(), refused);
  const message = /journal has a damaged copy of \S*catalog\.db, .*: walka catalog rebuild --data-dir \S+$/;
  await assert.rejects(check(rowsOf(state), engine), { code: 'CORRUPT', message });
  await runUntil(clock, engine.close());
});
