/** Asks Kafka's own configuration code what it makes of settings, many questions in one run of Java. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';

const libs = join(cacheDir, 'kafka');

export const kafkaNeeds = { files: [join(libs, 'kafka-clients-4.4.0.jar')], component: 'kafka' };

/** What SettingsCheck.java takes: what is asked, and its parts. */
export type Question = readonly [string, ...string[]];

/** An answer to each question: `ok` or `no`, and a text. `env` is what environment variables the process has besides. */
export async function askKafka(
  questions: readonly Question[],
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const source = join(import.meta.dirname, 'java/oracle/SettingsCheck.java');
  const quiet = `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'java/oracle/quiet-log4j2.yaml')}`;
  const args = ['-Xmx256m', '-XX:TieredStopAtLevel=1', quiet, '-cp', `${libs}/*`, source];
  const child = spawn('java', args, { stdio: 'pipe', env: { ...process.env, ...env } });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(
    questions.map(([what, ...parts]) => `${[what, ...parts.map(encodeURIComponent)].join('\t')}\n`).join(''),
  );
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, errors.slice(0, 4_000));
  const answers = output
    .trimEnd()
    .split('\n')
    .map((line) => decodeURIComponent(line.replace('\t', ' ')));
  assert.equal(answers.length, questions.length);
  return answers;
}
