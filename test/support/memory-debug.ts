/**
 * Loaded before every test file (`node --import`): memory that is used again is poisoned, and a file whose tests leave
 * memory unreleased that its owner is done with fails, with the places where it was taken.
 */
import { isMainThread } from 'node:worker_threads';
import { debugMemory, memoryLeaks } from '../../src/base/memory-debug.ts';

if (isMainThread) {
  debugMemory();
  process.on('exit', () => {
    const leaks = memoryLeaks();
    if (leaks.length === 0) return;
    process.stderr.write(`${leaks.length} pieces of memory were never released:\n${leaks.slice(0, 5).join('\n')}\n`);
    process.exitCode = 1;
  });
}
