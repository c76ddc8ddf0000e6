/**
 * The tail that was acknowledged and never reached the device is lost, as a power cut would lose it: the journal is cut
 * after kill -9. The leader epoch of the new start tells consumers that had read the tail, although the log is by then
 * longer than where they stand. Through the Java client and franz-go.
 */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { aligned, ENTRY_HEADER_BYTES, FILE_HEADER_BYTES, journalFileName } from '../../src/storage/format/format.ts';
import { BrokerProcess, cacheDir } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';

const KEPT = 60;
const LOST = 40;
const NEW = 90;

/** A client program that does what it is told, a line at a time. */
class Led implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #noise = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args);
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#noise = (this.#noise + chunk.toString()).slice(-8192)));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line that the program prints. */
  async answer(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done !== true) return value;
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    throw new Error(`the client ended with ${this.#child.exitCode}:\n${this.#noise}`);
  }

  tell(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`);
    return this.answer();
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}

/** Where the last entry in a journal file ends: behind it there are only zeros. */
function journalEnd(path: string): number {
  const bytes = readFileSync(path);
  let position = FILE_HEADER_BYTES;
  while (position + ENTRY_HEADER_BYTES <= bytes.length && bytes.readUInt8(position + 8) !== 0) {
    position = aligned(position + ENTRY_HEADER_BYTES + bytes.readUInt32LE(position + 4));
  }
  return position;
}

interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly needs: { readonly files: readonly string[]; readonly component: string };
}

const classes = join(cacheDir, 'java/classes');
const goProgram = join(cacheDir, 'go/truncation');
const programs: readonly Program[] = [
  {
    name: 'A Java consumer',
    command: 'java',
    args: [
      '-Xmx128m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${classes}:${join(cacheDir, 'java/libs')}/*`,
      'TruncationCheck',
    ],
    needs: { files: [join(classes, 'TruncationCheck.class')], component: 'java' },
  },
  { name: 'A franz-go consumer', command: goProgram, args: [], needs: { files: [goProgram], component: 'go' } },
];

for (const { name, command, args, needs } of programs) {
  test(`${name} notices that a tail it has read is lost`, { skip: missing(needs), timeout: 600_000 }, async () => {
    // Nothing is synced, so that all of it may be lost.
    await using broker = await BrokerProcess.start({
      target: 'walka',
      settings: { 'walka.flush.interval.ms': '60000' },
    });
    using client = new Led(command, [...args, broker.bootstrap, 'cut']);
    assert.equal(await client.answer(), 'ready');
    const journal = join(broker.dataDirectory, 'journal', journalFileName(1));

    await client.tell(`produce ${KEPT} kept`);
    assert.equal(await client.tell(`read ${KEPT} 0`), 'first 0:kept-0');
    const end = journalEnd(journal);
    await client.tell(`produce ${LOST} lost`);
    assert.equal(await client.tell(`read ${LOST} ${KEPT}`), `first ${KEPT}:lost-0`);

    await broker.kill();
    assert(journalEnd(journal) > end, 'the tail is in the journal');
    truncateSync(journal, end);
    await broker.restart();

    await client.tell(`produce ${NEW} new`);
    assert.equal(await client.tell('notice'), `truncated ${KEPT + LOST} to ${KEPT}`);
    assert.equal(await client.tell(`read ${NEW} ${KEPT}`), `first ${KEPT}:new-0`);
  });
}
