/** `walka export` and `walka import`: whole topics to a file and back. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '../../src/index.ts';
import { type Ran, walkaAt } from './in-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-transfer-'));
const brokers: Broker[] = [];
type Walka = (args: string, input?: string | Buffer) => Promise<Ran>;

async function another(): Promise<Walka> {
  const broker = await startBroker();
  brokers.push(broker);
  return walkaAt(Number(broker.bootstrapServers.split(':')[1]));
}

let walka: Walka;
const RECORDS = 300;

before(async () => {
  walka = await another();
  await walka('topics create orders:3:retention.ms=-1,cleanup.policy=compact,delete plain:1');
  const lines = Array.from({ length: RECORDS }, (_, at) =>
    JSON.stringify({
      partition: at % 3,
      key: `k${at}`,
      value: at % 50 === 0 ? null : `value ${at}`,
      timestamp: 1000 + at,
      headers: at % 2 === 0 ? [] : [{ key: 'n', value: String(at) }],
    }),
  );
  await walka('produce orders --format json', lines.slice(0, 100).join('\n'));
  await walka('produce orders --format json -z lz4', lines.slice(100).join('\n'));
  await walka('produce plain --delimiter |', Buffer.from([0xff, 0xfe, 0x7c]));
});
after(async () => {
  for (const broker of brokers) await broker.close();
  rmSync(directory, { recursive: true, force: true });
});

const sorted = (text: string): string[] => text.split('\n').sort();

for (const file of ['all.jsonl', 'all.walka']) {
  test(`topics come back from ${file} with configs, partitions, keys, headers and times`, async () => {
    const path = join(directory, file);
    const exported = await walka(`export --all --output ${path}`);
    assert.deepEqual([exported.code, exported.out], [0, '']);
    assert.match(exported.err, /^2 topics, 301 records, [\d.]+ [kM]?B in \d+ s\n$/);
    const there = await another();
    const imported = await there(`import ${path} -z zstd`);
    assert.deepEqual([imported.code, imported.out], [0, '']);
    assert.match(imported.err, /^2 topics, 301 records in \d+ s\n$/);
    for (const topic of ['orders', 'plain']) {
      assert.deepEqual(
        sorted((await there(`consume ${topic} --json`)).out),
        sorted((await walka(`consume ${topic} --json`)).out),
      );
    }
    assert.equal(
      (await there('configs describe topic orders')).out,
      'cleanup.policy=compact,delete\nretention.ms=-1\n',
    );
    const again = await there(`import ${path}`);
    assert.equal(again.code, 1);
    assert.match(again.err, /^walka: import: topic orders has 300 records already: --resume goes on with/);
  });

  test(`an import of ${file} that was cut off goes on where it was`, async () => {
    const path = join(directory, `cut-${file}`);
    await walka(`export orders --output ${path}`);
    const whole = readFileSync(path);
    truncateSync(path, Math.floor(statSync(path).size * 0.6));
    const there = await another();
    const cut = await there(`import ${path}`);
    assert.equal(cut.code, 1);
    assert.match(cut.err, /not whole/);
    writeFileSync(path, whole);
    const before = (await there('consume orders --json')).out.split('\n').length - 1;
    const resumed = await there(`import ${path} --resume --json`);
    const { records, skipped, isWhole } = JSON.parse(resumed.out) as Record<string, unknown>;
    assert.deepEqual([resumed.code, records, skipped, isWhole], [0, RECORDS, before, true]);
    assert.deepEqual(
      sorted((await there('consume orders --json')).out),
      sorted((await walka('consume orders --json')).out),
    );
  });
}

test('an export goes through pipes, begins and ends where it is told to, and gets another name', async () => {
  const { out } = await walka('export orders --from -3 --to -1');
  assert.equal(out.split('\n').length - 1, 2 + 6 + 1);
  assert.match((await walka('import - --rename orders=copies', out)).err, /^1 topic, 6 records in \d+ s\n$/);
  assert.equal((await walka('consume copies')).out.split('\n').length - 1, 6);
  assert.equal((await walka('import - --rename orders=copies --append', out)).code, 0);
  assert.equal((await walka('consume copies')).out.split('\n').length - 1, 12);
});

test('an export goes into what cannot be synced, too', async () => {
  const { code, err } = await walka('export orders --output /dev/null --force');
  assert.equal(code, 0, err);
});

test('the compact form is smaller, and damage in it is told of', async () => {
  const path = join(directory, 'damaged.walka');
  await walka(`export orders --output ${path}`);
  await walka(`export orders --output ${path}.jsonl`);
  assert.ok(statSync(path).size < statSync(`${path}.jsonl`).size / 2);
  const bytes = readFileSync(path);
  const at = bytes.length >>> 1;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
  const { code, err } = await (await another())(`import ${path}`);
  assert.equal(code, 1);
  assert.match(err, /walka: import: .*damaged\.walka: the checksum of a frame does not match\n$/);
});

test('what cannot be meant is told in one line', async () => {
  const there = join(directory, 'there.jsonl');
  writeFileSync(there, '{"key":"k","value":"v"}\n');
  for (const [args, message] of [
    ['export', /^walka: export: which topics\? Name them, or --all\n$/],
    ['export nix', /^walka: there is no topic nix \(UNKNOWN_TOPIC_OR_PARTITION\)\n$/],
    [`export orders --output ${there}`, /^walka: export: .*there\.jsonl is there already; --force writes over it\n$/],
    [
      `import ${there}`,
      /it is no export of walka export; lines of JSON that walka consume prints are for walka produce/,
    ],
    ['import /nix/nix', /^walka: import: cannot read \/nix\/nix: ENOENT[^\n]*\n$/],
    [`import ${directory}`, /^walka: cannot read .*: EISDIR[^\n]*\n$/],
    [`import ${there} --resume --append`, /^walka: import: --resume or --append, not both\n$/],
  ] as const) {
    const { code, err } = await walka(args);
    assert.equal(code, 1);
    assert.match(err, message);
  }
});
