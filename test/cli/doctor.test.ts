/** `walka doctor` on this machine, and on clusters. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, mkdirSync, writeFileSync, utimesSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBroker } from '../../src/index.ts';
import { Authority, type IssueOptions, pemSettings } from '../support/certificates.ts';
import { ran } from './in-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-doctor-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Found {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly fix: string | null;
}

async function doctor(...args: string[]): Promise<{ code: number; findings: Found[] }> {
  const { code, out, err } = await ran(['doctor', '--json', ...args], {});
  assert.equal(err, '');
  const lines = out.split('\n').slice(0, -1);
  return { code, findings: lines.map((line) => JSON.parse(line) as Found) };
}

const of = (findings: readonly Found[], check: string): Found | undefined =>
  findings.find((finding) => finding.check === check);

test('a machine is looked at as a broker would find it, and left as it was', async () => {
  const { code, findings } = await doctor('--data-dir', directory, '--listen', '127.0.0.1:0');
  assert.equal(code, 0, JSON.stringify(findings));
  for (const check of [
    'settings',
    'listener PLAINTEXT',
    'data directory',
    'file system',
    'space',
    'disk',
    'open files',
    'memory',
  ]) {
    assert.ok(of(findings, check), check);
  }
  assert.match(of(findings, 'disk')?.message ?? '', /^\d+ MB\/s, a sync takes [\d.]+ ms/);
  assert.deepEqual(readdirSync(directory), []);
});

test('a disk that takes no file is a problem with a way out', { skip: process.platform !== 'linux' }, async () => {
  const { code, findings } = await doctor('--data-dir', '/proc/data', '--listen', '127.0.0.1:0');
  assert.equal(code, 4);
  const { level, message = '', fix } = of(findings, 'disk') ?? {};
  assert.deepEqual([level, fix], ['problem', 'make room, or choose another --data-dir']);
  assert.match(message, /^nothing can be written to \/proc: E/);
});

test('settings that are wrong, or mean nothing here, are found', async () => {
  const wrong = await doctor('--override', 'num.partitons=3');
  assert.deepEqual(
    [wrong.code, wrong.findings.map(({ level, message }) => [level, message])],
    [4, [['problem', '--override: unknown setting num.partitons; did you mean num.partitions?']]],
  );
  const file = join(directory, 'server.properties');
  writeFileSync(file, 'num.io.threads=8\nlog.dirs=/nix\n');
  const { findings } = await doctor(file, '--memory', '--listen', '127.0.0.1:0');
  assert.match(of(findings, 'settings')?.message ?? '', /^without effect here: num\.io\.threads, directory \/nix$/);
  rmSync(file);
});

test('a port in use, and a directory that cannot be used, are problems with a way out', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const { code, findings } = await doctor('--data-dir', file, '--listen', `127.0.0.1:${port}`);
  other.close();
  rmSync(file);
  assert.equal(code, 4);
  assert.deepEqual(of(findings, 'listener PLAINTEXT'), {
    check: 'listener PLAINTEXT',
    level: 'problem',
    message: `127.0.0.1:${port} is in use`,
    fix: 'stop what uses it (a broker that runs already?), or choose another port',
  });
  assert.equal(of(findings, 'data directory')?.message, `${file} is not a directory`);
});

test("what a controller's listener lacks is a hint, as a broker starts without it", async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const file = join(directory, 'controller.properties');
  const settings = [
    'process.roles=broker,controller',
    'controller.listener.names=CONTROLLER,SECURE',
    `listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:${port},SECURE://127.0.0.1:0`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SSL',
    'listener.name.secure.ssl.keystore.location=/no/such/keystore.p12',
  ];
  writeFileSync(file, settings.join('\n'));
  const { findings } = await doctor(file, '--memory');
  other.close();
  rmSync(file);
  assert.deepEqual(
    [of(findings, 'listener CONTROLLER')?.level, of(findings, 'listener CONTROLLER')?.message],
    ['hint', `127.0.0.1:${port} is in use: nothing would answer --bootstrap-controller`],
  );
  assert.equal(of(findings, 'listener SECURE')?.level, 'ok');
  assert.deepEqual(
    [of(findings, 'TLS of SECURE')?.level, of(findings, 'TLS of SECURE')?.fix],
    ['hint', 'nothing would answer --bootstrap-controller: put it right'],
  );
});

test('clients that are sent to this machine only, and a clock that went back, are found', async () => {
  const data = join(directory, 'data');
  mkdirSync(join(data, 'journal'), { recursive: true });
  writeFileSync(join(data, 'journal', 'x.wal'), '');
  utimesSync(join(data, 'journal', 'x.wal'), 4_000_000_000, 4_000_000_000);
  const advertised = 'advertised.listeners=PLAINTEXT://localhost:9092';
  const { findings } = await doctor('--data-dir', data, '--listen', '0.0.0.0:0', '--override', advertised);
  assert.match(
    of(findings, 'advertised PLAINTEXT')?.message ?? '',
    /localhost:9092: only those on this machine arrive$/,
  );
  assert.match(of(findings, 'clock')?.message ?? '', /^it is .*, and the journal was written at 2096-/);
  rmSync(data, { recursive: true });
});

test('a cluster whose brokers are found is well; one that advertises a place where nobody is, is not', async () => {
  await using broker = await startBroker({ topics: ['orders'] });
  const well = await doctor('-b', broker.bootstrapServers);
  assert.deepEqual([well.code, well.findings.filter(({ level }) => level === 'problem')], [0, []]);
  await using lost = await startBroker({ config: { 'advertised.listeners': 'PLAINTEXT://no-such-host.invalid:9092' } });
  const { code, findings } = await doctor('-b', lost.bootstrapServers);
  assert.equal(code, 4);
  const found = of(findings, 'broker 1');
  assert.equal(
    found?.message,
    'clients are sent to no-such-host.invalid:9092, and this machine does not know no-such-host.invalid',
  );
  assert.match(found?.fix ?? '', /advertised\.listeners/);
  const nobody = await doctor('-b', '127.0.0.1:1');
  assert.deepEqual(
    [nobody.code, nobody.findings.map(({ message }) => message)],
    [4, ['no broker answers at 127.0.0.1:1']],
  );
});

test('certificates are looked at: whether they can be read, until when they are good, and for whom', async () => {
  const authority = await Authority.create();
  const looked = async (host: string, options: IssueOptions, more: Record<string, string> = {}): Promise<Found[]> => {
    const settings = {
      listeners: 'SSL://127.0.0.1:0',
      'advertised.listeners': `SSL://${host}:9093`,
      ...pemSettings(await authority.issue('CN=server', options), authority),
      ...more,
    };
    const file = join(directory, 'tls.properties');
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value.trim().replaceAll('\n', '\\n')}`);
    writeFileSync(file, lines.join('\n'));
    const { findings } = await doctor(file, '--memory');
    return findings.filter(({ check }) => check === 'TLS of SSL');
  };
  const named = { hosts: ['localhost', '*.example.org', '127.0.0.1'] };
  for (const host of ['localhost', 'a.example.org', '127.0.0.1']) {
    const [finding] = await looked(host, named);
    assert.equal(finding?.level, 'ok', JSON.stringify(finding));
  }
  const messageOf = async (...args: Parameters<typeof looked>): Promise<string> => {
    const [found] = await looked(...args);
    return `${found?.level}: ${found?.message}`;
  };
  assert.match(
    await messageOf('localhost', { ...named, untilDays: 9 }),
    /^hint: CN=server ends on \d{4}-\d\d-\d\d, in 8 days$/,
  );
  assert.match(
    await messageOf('localhost', { ...named, fromDays: -9, untilDays: -1 }),
    /^problem: CN=server ended on /,
  );
  assert.match(await messageOf('localhost', { ...named, fromDays: 1 }), /^problem: CN=server is not good before /);
  assert.match(
    await messageOf('kafka.test', named),
    /^problem: clients are sent to kafka\.test, and the certificate is for DNS:localhost, DNS:\*\.example\.org, IP Address/,
  );
  const { key } = await authority.issue('CN=other');
  assert.match(
    await messageOf('localhost', named, { 'ssl.keystore.key': key }),
    /^problem: ssl\.keystore\.key: .* does not belong/,
  );
});
