/** Outcomes of appends come in journal order, whatever fails. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { plainSlice } from '../../../src/base/counted.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import type { Files, OpenFile } from '../../../src/storage/files/files.ts';
import { nodeFiles } from '../../../src/storage/files/node-files.ts';
import type { Durability } from '../../../src/storage/types.ts';
import { makeBatch } from '../../support/batches.ts';

/** The real disk, whose syncs can be held back or fail, and which can be full. */
class FaultyDisk {
  isFull = false;
  #held: PromiseWithResolvers<void> | null = null;

  readonly files: Files = {
    ...nodeFiles,
    makeDirectory: (path) => nodeFiles.makeDirectory(path),
    list: (path) => nodeFiles.list(path),
    open: async (path, mode) => this.#wrap(await nodeFiles.open(path, mode)),
    rename: (from, to) => nodeFiles.rename(from, to),
    unlink: (path) => nodeFiles.unlink(path),
    syncDirectory: (path) => nodeFiles.syncDirectory(path),
  };

  holdSyncs(): PromiseWithResolvers<void> {
    this.#held = Promise.withResolvers<void>();
    return this.#held;
  }

  #wrap(file: OpenFile): OpenFile {
    const refuseWhenFull = (): void => {
      if (this.isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    return {
      read: (into, position) => file.read(into, position),
      readSync: (into, position) => file.readSync(into, position),
      writeSync: (buffers, position) => {
        refuseWhenFull();
        return file.writeSync(buffers, position);
      },
      write: async (buffers, position) => {
        refuseWhenFull();
        return await file.write(buffers, position);
      },
      datasync: async () => {
        await this.#held?.promise;
        await file.datasync();
      },
      datasyncSync: () => file.datasyncSync(),
      truncate: (length) => file.truncate(length),
      size: () => file.size(),
      close: () => file.close(),
    };
  }
}

interface Setup {
  readonly engine: Engine;
  readonly disk: FaultyDisk;
  readonly outcomes: string[];
  append(name: string, offset: number, durability: Durability): void;
  /** Resolves once `count` outcomes came. */
  told(count: number): Promise<void>;
}

async function open(t: TestContext): Promise<Setup> {
  const dataDir = mkdtempSync(join(tmpdir(), 'walka-order-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const disk = new FaultyDisk();
  const engine = await openEngine({ dataDir, clusterId: 'test-cluster', files: disk.files });
  engine.createStream(1);
  const outcomes: string[] = [];
  let notify: (() => void) | null = null;
  return {
    engine,
    disk,
    outcomes,
    append(name, offset, durability) {
      engine.append({
        stream: 1,
        baseOffset: offset,
        offsetCount: 1,
        leaderEpoch: 0,
        maxTimestampMs: 0,
        payload: plainSlice(makeBatch({ baseOffset: offset, maxTimestampMs: 0 })),
        durability,
        onCommit: (error) => {
          outcomes.push(`${name} ${error?.code ?? 'committed'}`);
          notify?.();
        },
      });
    },
    async told(count) {
      while (outcomes.length < count) await new Promise<void>((resolve) => (notify = resolve));
    },
  };
}

test('an append refused by a full disk is told so after the one before it, which waits for a sync', async (t) => {
  const { engine, disk, outcomes, append, told } = await open(t);
  await engine.flush();
  const sync = disk.holdSyncs();
  append('first', 0, 'fsync');
  await new Promise<void>((resolve) => setImmediate(resolve));
  disk.isFull = true;
  append('second', 1, 'os');
  while (engine.refusal === null) await new Promise<void>((resolve) => setImmediate(resolve));
  assert.deepEqual(outcomes, []);
  sync.resolve();
  await told(2);
  assert.deepEqual(outcomes, ['first committed', 'second DISK_FULL']);
  assert.equal(engine.state(1).logEndOffset, 1);
  disk.isFull = false;
  await engine.close();
});

test('a failed sync fails all that waits, in order, and all that was queued behind', async (t) => {
  const { engine, disk, outcomes, append, told } = await open(t);
  await engine.flush();
  const sync = disk.holdSyncs();
  append('first', 0, 'fsync');
  await new Promise<void>((resolve) => setImmediate(resolve));
  append('second', 1, 'os');
  append('third', 2, 'fsync');
  sync.reject(Object.assign(new Error('the device is gone'), { code: 'EIO' }));
  await told(3);
  assert.deepEqual(outcomes, ['first POISONED', 'second POISONED', 'third POISONED']);
  await engine.close();
});
