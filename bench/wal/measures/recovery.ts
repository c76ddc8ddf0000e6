/** A start after kill -9, with much stored as batches of 1 KiB over 10,000 streams. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { BenchStream, lastOf } from '../appends.ts';
import { nextTurn } from '../floor.ts';
import type { Figures, Subject } from '../measure.ts';

const BATCH_BYTES = 1024;
const STREAMS = 10_000;
const PER_TURN = 512;

/** Writes until it is killed, and says so when enough is there. */
export async function recoveryWriter(subject: Subject): Promise<Figures> {
  const engine = await subject.open({ dataDir: subject.directory, durability: 'os' });
  const streams = Array.from({ length: STREAMS }, (_, i) => new BenchStream(engine, i + 1, 'os'));
  const bytes = Buffer.alloc(BATCH_BYTES, 0x61);
  for (let count = 0; ; ) {
    const promises: Promise<void>[] = [];
    for (let i = 0; i < PER_TURN; i++) promises.push((streams[count++ % STREAMS] as BenchStream).append(bytes));
    await lastOf(promises);
    await nextTurn();
    if (count * BATCH_BYTES >= subject.sizes.recoveryBytes && process.connected) process.send?.('enough');
  }
}

export async function recovery(subject: Subject): Promise<Figures> {
  const { root, directory, sizes } = subject;
  const script = join(import.meta.dirname, '../subject.ts');
  const writer = fork(script, [root, 'recovery-writer', directory, JSON.stringify(sizes)]);
  const ended = new Promise<void>((resolve) => writer.once('exit', () => resolve()));
  await Promise.race([new Promise<void>((resolve) => writer.once('message', () => resolve())), ended]);
  writer.kill('SIGKILL');
  await ended;
  const startedMs = performance.now();
  await using engine = await subject.open({ dataDir: directory, durability: 'os' });
  const seconds = (performance.now() - startedMs) / 1000;
  void engine;
  return { startSeconds: seconds };
}
