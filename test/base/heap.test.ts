/** What V8 is told about memory, in a process of its own, as each test file has. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { growHeap, setUpHeap, youngBytes } from '../../src/base/heap.ts';

const MIB = 1024 * 1024;

/** Objects of which all are alive at once, several young generations full. */
function survivors(): object[] {
  return Array.from({ length: 200_000 }, (_, index) => ({ index }));
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

/** MiB of the young generation after much has survived, twice, of a heap in which so many MiB were alive when it was asked to grow. */
async function youngMibBeside(aliveMib: number): Promise<number[]> {
  const script = `
    const { setUpHeap, growHeap, youngBytes } = await import(${JSON.stringify(import.meta.resolve('../../src/base/heap.ts'))});
    setUpHeap();
    const alive = Array.from({ length: ${aliveMib} * 1024 }, () => new Array(128).fill({}));
    for (let round = 0; round < 2; round++) {
      growHeap();
      for (let i = 0; i < 3 && youngBytes() < 12e6 * (1 + round); i++)
        alive.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
      console.log(Math.round(youngBytes() / 1024 / 1024), alive.length);
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => Number.parseInt(line, 10));
}

test('beside many connections the young generation grows to 16 MiB, and stays there', async () => {
  assert.deepEqual(await youngMibBeside(1), [4, 4]);
  assert.deepEqual(await youngMibBeside(64), [16, 16]);
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

test('it stays at 16 MiB however much survives until it is looked at again', async () => {
  const script = `
    const { setUpHeap, growHeap, youngBytes } = await import(${JSON.stringify(import.meta.resolve('../../src/base/heap.ts'))});
    setUpHeap();
    const alive = Array.from({ length: 64 * 1024 }, () => new Array(128).fill({}));
    growHeap();
    const survive = () => alive.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
    for (let i = 0; i < 40 && youngBytes() < 20e6; i++) survive();
    console.log(Math.round(youngBytes() / 1024 / 1024), alive.length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  assert.equal(Number.parseInt(stdout, 10), 16);
});

test('what is old grows to three times what is alive before it is collected', async () => {
  assert.equal(await oldGrowthFactor(1), 3);
});

test('a heap that has become large is collected as V8 sees fit', async () => {
  assert.ok((await oldGrowthFactor(100)) < 2);
});

test('a thread that may be marking is not forgotten when the heap gets small again', async () => {
  const script = `
    import v8 from 'node:v8';
    const { setUpHeap, growHeap } = await import(${JSON.stringify(import.meta.resolve('../../src/base/heap.ts'))});
    const set = v8.setFlagsFromString;
    v8.setFlagsFromString = (flag) => {
      if (flag.endsWith('concurrent-marking')) console.log(flag);
      set(flag);
    };
    setUpHeap();
    growHeap();
    let alive = Array.from({ length: 100 * 1024 }, () => new Array(128).fill({}));
    growHeap();
    console.log(alive.length);
    alive = null;
    gc();
    growHeap();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--input-type=module', '-e', script]);
  assert.deepEqual(stdout.trim().split('\n'), ['--no-concurrent-marking', '--concurrent-marking', String(100 * 1024)]);
});
