/** The program on a disk that refuses to write its journal. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { batchOf, Fetch, fetched, fetchRequest, onlyProduced, Produce, produceRequest } from '../support/data-apis.ts';
import { WireClient } from '../support/wire-client.ts';
import { ended, mainFile, program, spawned, started } from './program.ts';

/** Largest file the shell allows, in blocks of 512 bytes: room to start, and far less than a journal file. */
const MAX_FILE_BLOCKS = 16_384;
const LIMITED = `ulimit -f ${MAX_FILE_BLOCKS}; exec "$0" "$@"`;

test('a journal that cannot be written ends the program with code 3, and what was acknowledged is there', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'walka-journal-failure-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const args = ['--listen', '127.0.0.1:0', '--data-dir', 'data', '--topic', 'a:1'];
  const child = spawned('sh', ['-c', LIMITED, process.execPath, mainFile, ...args], directory);
  const ending = ended(child);
  const { port } = await started(child);
  const client = await WireClient.open(port);
  const value = 'x'.repeat(1_000_000);
  let acknowledged = 0;
  for (let open = true; open && acknowledged < 64; ) {
    open = await client.call(Produce, 9, produceRequest('a', 0, batchOf([value]))).then(
      (response) => onlyProduced(response).errorCode === 0,
      () => false,
    );
    if (open) acknowledged += 1;
  }
  const { code, err } = await ending;
  client.close();
  assert.equal(code, 3);
  assert.match(err, /^walka: stopped, as the journal cannot be written: [^\n]+\n$/);
  assert.ok(acknowledged > 0 && acknowledged < 64, String(acknowledged));

  const again = program(directory, args);
  const { port: portAgain } = await started(again);
  const reader = await WireClient.open(portAgain);
  const [read] = fetched(await reader.call(Fetch, 12, fetchRequest('a', [{ partition: 0 }])));
  reader.close();
  const stopping = once(again, 'exit');
  again.kill('SIGTERM');
  await stopping;
  assert.ok(Number(read?.highWatermark) >= acknowledged);
});
