/** Damaged journal files under a whole broker: clients get everything, or an error for what is damaged, or it does not start. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ErrorCode } from '../../../protocol/errors.ts';
import { verifyCrc } from '../../../protocol/records/batch.ts';
import { type PinoLike, type Broker, startBroker } from '../../../src/index.ts';
import { decodeFooter, type Footer, FOOTER_BYTES } from '../../../src/storage/journal/seal.ts';
import { Fetch, fetched, fetchRequest } from '../../support/data-apis.ts';
import { Lines } from '../../support/log-lines.ts';
import { WireClient } from '../../support/wire-client.ts';
import { Specimen, tryStart } from './data-directory.ts';

let specimen: Specimen;
before(async () => {
  specimen = await Specimen.make();
});
after(() => specimen[Symbol.dispose]());

function journalFiles(directory: string): string[] {
  const names = readdirSync(join(directory, 'journal')).filter((name) => name.endsWith('.wal'));
  return names.sort().map((name) => join(directory, 'journal', name));
}

function footerOf(path: string): Footer | null {
  return decodeFooter(readFileSync(path).subarray(-FOOTER_BYTES));
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  writeFileSync(path, bytes);
}

/** Refused with the file named and a way out; and with the right file put back everything is served. */
async function assertRefused(directory: string, end: 'stopped' | 'killed', path: string): Promise<void> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const left = journalFiles(directory);
  const outcome = await tryStart(directory);
  assert.ok(outcome.kind === 'refused', `with ${name} damaged`);
  assert.match(outcome.message, new RegExp(name));
  assert.match(outcome.message, /restore/i);
  assert.deepEqual(journalFiles(directory), left);
  cpSync(join(specimen[end], 'journal', name), path);
  await specimen.assertServed(directory, `${name} put back`);
}

test('a flipped bit in the index, the footer or the checkpoint of any sealed file changes nothing', async () => {
  let sealed = 0;
  for (const [i, original] of journalFiles(specimen.killed).entries()) {
    const footer = footerOf(original);
    if (footer === null) continue;
    sealed += 1;
    const { length } = readFileSync(original);
    for (const at of [footer.indexPosition + 90, length - 10, footer.checkpointPosition + 70]) {
      const directory = specimen.copy('killed');
      flip(journalFiles(directory)[i] as string, at);
      await specimen.assertServed(directory, `file ${i + 1} at ${at}`);
    }
  }
  assert.ok(sealed >= 2);
});

test('a damaged file header refuses the start after a clean stop, a missing file does after a kill', async () => {
  for (const i of journalFiles(specimen.stopped).keys()) {
    const stopped = specimen.copy('stopped');
    const damaged = journalFiles(stopped)[i] as string;
    flip(damaged, [8, 12, 16, 32, 40][i % 5] as number);
    await assertRefused(stopped, 'stopped', damaged);
    const killed = specimen.copy('killed');
    const missing = journalFiles(killed)[i] as string;
    rmSync(missing);
    await assertRefused(killed, 'killed', missing);
  }
});

test('a newest file that lost its end after a clean stop refuses the start', async () => {
  const directory = specimen.copy('stopped');
  const path = journalFiles(directory).at(-1) as string;
  truncateSync(path, readFileSync(path).length - 300);
  await assertRefused(directory, 'stopped', path);
});

test('the reserve and the spare hold nothing that anybody needs', async () => {
  const directory = specimen.copy('killed');
  const others = readdirSync(join(directory, 'journal')).filter((name) => !name.endsWith('.wal'));
  for (const name of others) writeFileSync(join(directory, 'journal', name), 'garbage');
  writeFileSync(join(directory, 'journal', 'spare.recycled'), 'garbage');
  await specimen.assertServed(directory, others.join(' '));
});

interface Reading {
  readonly codes: number[];
  readonly offsets: number[];
  readonly crcs: boolean[];
  closed: number;
}

/** Reads a partition as a client that comes back after each failure and goes on behind a batch that it cannot have. */
async function readThrough(broker: Broker, topic: string, end: number): Promise<Reading> {
  const reading: Reading = { codes: [], offsets: [], crcs: [], closed: 0 };
  const port = Number(broker.bootstrapServers.split(':')[1]);
  let client = await WireClient.open(port);
  for (let offset = 0; offset < end; ) {
    const request = fetchRequest(topic, [{ partition: 0, offset }]);
    const response = await client.call(Fetch, 12, request).catch(() => null);
    if (response === null) {
      reading.closed += 1;
      client = await WireClient.open(port);
      continue;
    }
    const answer = fetched(response)[0] ?? assert.fail();
    if (answer.errorCode !== ErrorCode.NONE) {
      reading.codes.push(answer.errorCode);
      offset += 50; // as many as a batch has
      continue;
    }
    const records = answer.records as unknown as Buffer;
    for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) {
      reading.offsets.push(Number(records.readBigInt64BE(at)));
      reading.crcs.push(verifyCrc(records, at));
      offset = Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1;
    }
  }
  client.close();
  return reading;
}

/** Lines as a pino logger would take them. */
function asPino(lines: Lines): PinoLike {
  const take = ({ event = '', ...fields }: { readonly event?: string }, message: string): void =>
    lines.warn(event, message, fields);
  const drop = (): void => {};
  const pino: PinoLike = { level: 'warn', child: () => pino, debug: drop, info: drop, warn: take, error: take };
  return pino;
}

/** Starts with one bit flipped in the fourth batch of plain-0, which lies in the first file. */
async function withFlippedBatch(at: number): Promise<{ reading: Reading; log: Lines; path: string }> {
  const directory = specimen.copy('killed');
  const [path = ''] = journalFiles(directory);
  const position = readFileSync(path).indexOf('plain 0 3 0 ');
  assert.ok(position > 0);
  const batchAt = readFileSync(path).lastIndexOf(Buffer.from([0, 0, 0, 0, 0, 0, 0, 150]), position);
  flip(path, batchAt + at);
  const log = new Lines();
  const broker = await startBroker({
    dataDir: directory,
    config: { 'walka.journal.file.bytes': 1 << 20 },
    log: asPino(log),
  });
  try {
    return { reading: await readThrough(broker, 'plain', 1000), log, path };
  } finally {
    await broker.close();
  }
}

test('a flipped base offset is never served: one connection closes, then the answer is CORRUPT_MESSAGE', async () => {
  for (const at of [7, -56 + 24]) {
    const { reading, log, path } = await withFlippedBatch(at);
    const expected = Array.from({ length: 20 }, (_, i) => i * 50).filter((offset) => offset !== 150);
    assert.deepEqual(reading.offsets, expected);
    assert.deepEqual(reading.codes, [ErrorCode.CORRUPT_MESSAGE]);
    assert.equal(reading.closed, 1);
    const named = log.lines.filter(({ event }) => event === 'batch-damaged').map(({ fields }) => fields['path']);
    assert.deepEqual(named, [path]);
  }
});

test('a flipped bit in the records of a batch is left to its CRC, as in Kafka', async () => {
  const { reading } = await withFlippedBatch(100);
  assert.equal(reading.offsets.length, 20);
  assert.deepEqual(reading.crcs.indexOf(false), 3);
  assert.equal(reading.crcs.filter((sound) => !sound).length, 1);
});
