/** Every message in every version, as the generated codecs write it, read and written again by Kafka's own code. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { Writer } from '../../protocol/writer.ts';
import { seededRandom } from '../../src/base/random.ts';
import { cacheDir } from '../support/broker-process.ts';
import { loadCodecs } from '../support/codecs.ts';
import { randomMessage, versionsOf } from '../support/schema-interpreter.ts';
import { missing } from './client-suite.ts';

const SEED = 99;
const ROUNDS = 15;

const libs = join(cacheDir, 'kafka');
const needs = { files: [join(libs, 'kafka-clients-4.4.0.jar')], component: 'kafka' };

async function randomLines(): Promise<string[]> {
  const random = seededRandom(SEED);
  const lines: string[] = [];
  for (const { schema, write } of await loadCodecs()) {
    if (schema.kind === 'header') continue;
    for (const version of versionsOf(schema)) {
      for (let round = 0; round < ROUNDS; round++) {
        const writer = new Writer();
        write(writer, randomMessage(schema, version, random), version);
        lines.push(`${schema.name} ${version} ${writer.toBuffer().toString('hex')}`);
      }
    }
  }
  return lines;
}

test("Kafka's own code reads every message and writes it as the same bytes", { skip: missing(needs) }, async () => {
  const lines = await randomLines();
  const source = join(import.meta.dirname, 'java/CodecCheck.java');
  const child = spawn('java', ['-Xmx256m', '-cp', `${libs}/*`, source], { stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(`${lines.join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(output.slice(0, 4_000).trim(), `checked ${lines.length}`);
  assert.equal(code, 0);
});
