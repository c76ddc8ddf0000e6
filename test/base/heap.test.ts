/** What V8 is told about memory, in a process of its own, as each test file has. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { growHeap, setUpHeap, youngBytes } from '../../src/base/heap.ts';

const MIB = 1024 * 1024;

/** Objects of which all are alive at once, several young generations full. */
function survivors(): object[] {
  return Array.from({ length: 500_000 }, (_, index) => ({ index }));
}

test('the young generation grows to 4 MiB when it is asked for, and stays there however much survives', () => {
  setUpHeap();
  const kept = [survivors()];
  assert.ok(youngBytes() < 3 * MIB, `an idle broker has ${youngBytes()}`);
  growHeap();
  assert.ok(youngBytes() > 3 * MIB, String(youngBytes()));
  kept.push(survivors(), survivors());
  assert.equal(kept.length, 3);
  assert.ok(youngBytes() < 5 * MIB, String(youngBytes()));
});

/** The young generation after much has survived, of a heap in which so many MiB were alive when it was asked to grow. */
async function youngBytesBeside(aliveMib: number): Promise<number> {
  const script = `
    const { setUpHeap, growHeap, youngBytes } = await import(${JSON.stringify(import.meta.resolve('../../src/base/heap.ts'))});
    setUpHeap();
    const alive = Array.from({ length: ${aliveMib} * 1024 }, () => new Array(128).fill({}));
    growHeap();
    for (let i = 0; i < 3; i++) alive.push(Array.from({ length: 500_000 }, (_, index) => ({ index })));
    console.log(youngBytes(), alive.length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return Number.parseInt(stdout, 10);
}

test('the young generation may grow on beside many connections', async () => {
  assert.ok((await youngBytesBeside(1)) < 5 * MIB);
  assert.ok((await youngBytesBeside(64)) > 12 * MIB);
});

/** What V8 makes, at a collection, of a heap that has grown after so many MiB came to life: how much larger it may become. */
async function oldGrowthFactor(aliveMib: number): Promise<number> {
  const script = `
    const { setUpHeap, growHeap } = await import(${JSON.stringify(import.meta.resolve('../../src/base/heap.ts'))});
    setUpHeap();
    growHeap();
    const alive = Array.from({ length: ${aliveMib} * 1024 }, () => new Array(128).fill({}));
    growHeap();
    gc();
    console.log(alive.length);`;
  // For size, as V8 collects where little is allocated: when there is a third more.
  const flags = ['--expose-gc', '--trace-gc-verbose', '--optimize-for-size', '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 64 * MIB });
  const factors = [...stdout.matchAll(/\[HeapController\] factor ([\d.]+)/g)];
  return Number(factors.at(-1)?.[1]);
}

test('what is old grows to three times what is alive before it is collected', async () => {
  assert.equal(await oldGrowthFactor(1), 3);
});

test('a heap that has become large is collected as V8 sees fit', async () => {
  assert.ok((await oldGrowthFactor(100)) < 2);
});
