/**
 * The oracle: the same requests to Walka and to Apache Kafka 4.4.0, started beside it, byte for byte; the decoded answers
 * must be the same but for ids, times and addresses. (WALKA_CONFORMANCE_TARGET=kafka compares Kafka with itself, which shows
 * what in the cases is not deterministic.) Cases that differ for a stated reason are in deviations.ts.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BrokerProcess, cacheDir, conformanceTarget } from '../../support/broker-process.ts';
import { missing } from '../client-suite.ts';
import { administrationCases } from './cases/administration.ts';
import { configurationCases } from './cases/configuration.ts';
import { connectionCases } from './cases/connection.ts';
import { fetchCases } from './cases/fetch.ts';
import { groupCases } from './cases/groups.ts';
import { idempotenceCases } from './cases/idempotence.ts';
import { offsetCases } from './cases/offsets.ts';
import { produceCases } from './cases/produce.ts';
import { deviations } from './deviations.ts';
import { type Case, Session, type TranscriptEntry } from './session.ts';

const cases: readonly Case[] = [
  ...connectionCases,
  ...administrationCases,
  ...configurationCases,
  ...produceCases,
  ...idempotenceCases,
  ...fetchCases,
  ...offsetCases,
  ...groupCases,
];

const settings = { 'auto.create.topics.enable': 'true' };
const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
const only = process.env['WALKA_DIFFERENTIAL_ONLY'];
let kafka: BrokerProcess;
let walka: BrokerProcess;

before(async () => {
  if (skip !== false) return;
  [kafka, walka] = await Promise.all([
    BrokerProcess.start({ target: 'kafka', settings }),
    BrokerProcess.start({ target: conformanceTarget, settings }),
  ]);
});

after(async () => {
  await kafka?.[Symbol.asyncDispose]();
  await walka?.[Symbol.asyncDispose]();
});

async function transcriptOf(broker: BrokerProcess, oneCase: Case, prefix: string): Promise<readonly TranscriptEntry[]> {
  await using session = new Session(broker.port, prefix);
  try {
    await oneCase.run(session);
  } catch (error) {
    session.transcript.push({
      step: 'the case itself',
      answer: `ended early: ${error instanceof Error ? error.message : error}`,
    });
  }
  return session.transcript;
}

/** Blanks the fields that are known to differ. */
function withoutDeviations(caseName: string, entries: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  return entries.map(({ step, answer }) => {
    let result = answer;
    for (const deviation of deviations) {
      if (deviation.case.test(caseName) && deviation.step.test(step)) result = blank(result, deviation.field);
    }
    return { step, answer: result };
  });
}

function blank(value: unknown, field: string | undefined): unknown {
  if (field === undefined) return 'a known deviation';
  if (Array.isArray(value)) return value.map((item) => blank(item, field));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === field ? 'a known deviation' : blank(item, field)]),
  );
}

cases.forEach((oneCase, index) => {
  if (only !== undefined && !oneCase.name.includes(only)) return;
  test(oneCase.name, { skip, timeout: 120_000 }, async () => {
    const prefix = `d${index}`;
    const [expected, actual] = await Promise.all([
      transcriptOf(kafka, oneCase, prefix),
      transcriptOf(walka, oneCase, prefix),
    ]);
    const [ours, theirs] = [withoutDeviations(oneCase.name, actual), withoutDeviations(oneCase.name, expected)];
    const differing: string[] = [];
    for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
      try {
        assert.deepEqual(ours[at], theirs[at]);
      } catch (error) {
        differing.push(
          `${theirs[at]?.step ?? ours[at]?.step}: (+ Walka, - Kafka)\n${error instanceof Error ? error.message : error}`,
        );
      }
    }
    assert.equal(differing.length, 0, `\n${differing.join('\n\n')}`);
  });
});
