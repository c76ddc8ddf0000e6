/** The guide of docs/security.md, carried out as it stands there: openssl, the broker, and Kafka's own tools. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { answersApiVersions } from '../support/broker-process.ts';
import { claimPort } from '../support/port-claims.ts';
import { missing } from './client-suite.ts';
import { TOOLS, TOOLS_NEEDS } from './java-program.ts';
import { eventually } from './node/scenario-runner.ts';

const root = join(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/security.md'), 'utf8');
const run = promisify(execFile);
const LIMIT_MS = 300_000;

/** What the names of Kafka's scripts stand for. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'kafka-configs.sh': 'kafka.admin.ConfigCommand',
  'kafka-topics.sh': 'org.apache.kafka.tools.TopicCommand',
  'kafka-acls.sh': 'org.apache.kafka.tools.AclCommand',
  'kafka-console-producer.sh': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer.sh': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
};

/** A block of the page, by what it is called behind its language. */
function block(name: string): string {
  const found = new RegExp(`^\`\`\`\\w+ ${name.replaceAll('.', '\\.')}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page);
  assert(found?.[1] !== undefined, `the page has no block ${name}`);
  return found[1];
}

/** The folder of one who follows the guide, and the ports that stand for those of the page. */
class Desk implements AsyncDisposable {
  readonly directory: string;
  readonly #ports: ReadonlyMap<string, number>;

  constructor(directory: string, ports: ReadonlyMap<string, number>) {
    this.directory = directory;
    this.#ports = ports;
  }

  #here(text: string): string {
    return [...this.#ports].reduce((all, [theirs, ours]) => all.replaceAll(theirs, `:${ours}`), text);
  }

  async file(name: string): Promise<void> {
    await writeFile(join(this.directory, name), this.#here(block(name)));
  }

  async scripts(): Promise<void> {
    const bin = join(this.directory, 'bin');
    await mkdir(bin);
    for (const [script, main] of Object.entries(SCRIPTS)) {
      const java = 'java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.level=ERROR';
      await writeFile(join(bin, script), `#!/bin/sh\nexec ${java} -cp '${TOOLS.join(':')}' ${main} "$@"\n`);
      await chmod(join(bin, script), 0o755);
    }
  }

  /** Runs a block; gives what it printed. @throws Error when a command of it fails */
  async sh(name: string): Promise<string> {
    const env = { ...process.env, PATH: `${join(this.directory, 'bin')}:${process.env['PATH']}` };
    const args = ['-e', '-c', this.#here(block(name))];
    const { stdout } = await run('bash', args, { cwd: this.directory, env, timeout: LIMIT_MS });
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The serial number of the certificate that the port shows, as a client sees it that trusts the guide's authority. */
async function shownSerial(port: number, directory: string): Promise<string> {
  const shown = `openssl s_client -connect localhost:${port} -CAfile ca.pem -verify_return_error </dev/null 2>/dev/null`;
  const { stdout } = await run('bash', ['-c', `${shown} | openssl x509 -noout -serial`], { cwd: directory });
  return stdout.trim();
}

test('the guide to security works as it is written', { skip: missing(TOOLS_NEEDS), timeout: 1_800_000 }, async () => {
  await using admin = await claimPort();
  await using clients = await claimPort();
  const ports = new Map([
    [':9092', admin.port],
    [':9093', clients.port],
  ]);
  await using desk = new Desk(await mkdtemp(join(tmpdir(), 'walka-security-')), ports);
  const { directory } = desk;
  await desk.scripts();
  await desk.sh('certificates');
  await desk.file('broker.properties');
  await desk.file('client.properties');
  const args = [join(root, 'src/main.ts'), 'broker.properties', '--data-dir', 'data'];
  const broker = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = once(broker, 'exit');
  let log = '';
  for (const stream of [broker.stdout, broker.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  try {
    await eventually('the broker', async () => ((await answersApiVersions(admin.port)) ? true : undefined));
    await desk.sh('users');
    assert.match(await desk.sh('clients'), /^hello$/m);
    const before = await shownSerial(clients.port, directory);
    await desk.sh('renew');
    await eventually('the new certificate', async () =>
      (await shownSerial(clients.port, directory)) === before ? undefined : true,
    );
    await eventually('the renewal in the log', () => (log.includes('tls-renewed') ? true : undefined));
    await desk.sh('revoke');
    // The tools do not say by their exit codes that they were refused.
    const refused = await desk.sh('clients').catch(() => '');
    assert.doesNotMatch(refused, /^hello$/m);
    await eventually('the refusal in the log', () => (log.includes('authentication-failed') ? true : undefined));
    assert.ok(!log.includes('alice-secret'), 'a password is in the log');
  } finally {
    broker.kill('SIGKILL');
    await gone;
  }
});
