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
import { brokerSettingCases } from './cases/broker-settings.ts';
import { configurationCases } from './cases/configuration.ts';
import { configurationEdgeCases } from './cases/configuration-edges.ts';
import { configRuleCases } from './cases/config-rules.ts';
import { configResourceCases } from './cases/config-resources.ts';
import { connectionCases } from './cases/connection.ts';
import { featureCases } from './cases/features.ts';
import { consumerGroupCases } from './cases/consumer-groups.ts';
import { coordinatorCases } from './cases/coordinators.ts';
import { fetchCases } from './cases/fetch.ts';
import { fetchEdgeCases } from './cases/fetch-edges.ts';
import { offsetLookupEdgeCases } from './cases/offset-lookup-edges.ts';
import { fetchWaitCases } from './cases/fetch-waits.ts';
import { groupCases } from './cases/groups.ts';
import { idempotenceCases } from './cases/idempotence.ts';
import { longTextCases } from './cases/long-texts.ts';
import { metadataEdgeCases } from './cases/metadata-edges.ts';
import { offsetEdgeCases } from './cases/offset-edges.ts';
import { offsetCases } from './cases/offsets.ts';
import { offsetTransactionCases } from './cases/offset-transactions.ts';
import { produceCases } from './cases/produce.ts';
import { produceEdgeCases } from './cases/produce-edges.ts';
import { quorumCases } from './cases/quorum.ts';
import { quotaCases } from './cases/quotas.ts';
import { randomAdministrationCases } from './cases/random-administration.ts';
import { randomShareGroupCases } from './cases/random-share-groups.ts';
import { randomCases } from './cases/random-walks.ts';
import { readCommittedCases } from './cases/read-committed.ts';
import { recordEdgeCases } from './cases/record-edges.ts';
import { settingsSweepCases } from './cases/settings-sweep.ts';
import { recordStructureCases } from './cases/record-structure.ts';
import { refusalOrderCases } from './cases/refusal-orders.ts';
import { shareGroupCases } from './cases/share-groups.ts';
import { staticStrangerCases } from './cases/static-strangers.ts';
import { shareRecordCases } from './cases/share-records.ts';
import { streamsGroupCases } from './cases/streams-groups.ts';
import { telemetryCases } from './cases/telemetry.ts';
import { topicEdgeCases } from './cases/topic-edges.ts';
import { transactionalOffsetCases } from './cases/transactional-offsets.ts';
import { transactionCases } from './cases/transactions.ts';
import { transactionMarkerCases } from './cases/transaction-markers.ts';
import { type Deviation, deviations } from './deviations.ts';
import { differences } from './difference.ts';
import { type Case, Session, type TranscriptEntry } from './session.ts';

const cases: readonly Case[] = [
  ...connectionCases,
  ...administrationCases,
  ...configurationCases,
  ...produceCases,
  ...idempotenceCases,
  ...fetchCases,
  ...offsetCases,
  ...coordinatorCases,
  ...groupCases,
  ...produceEdgeCases,
  ...recordEdgeCases,
  ...recordStructureCases,
  ...refusalOrderCases,
  ...randomCases,
  ...randomAdministrationCases,
  ...fetchEdgeCases,
  ...offsetLookupEdgeCases,
  ...fetchWaitCases,
  ...topicEdgeCases,
  ...configurationEdgeCases,
  ...brokerSettingCases,
  ...settingsSweepCases,
  ...offsetEdgeCases,
  ...metadataEdgeCases,
  ...longTextCases,
  ...featureCases,
  ...configResourceCases,
  ...quorumCases,
  ...configRuleCases,
  ...telemetryCases,
  ...quotaCases,
  ...transactionCases,
  ...transactionalOffsetCases,
  ...offsetTransactionCases,
  ...transactionMarkerCases,
  ...readCommittedCases,
  ...streamsGroupCases,
  ...consumerGroupCases,
  ...staticStrangerCases,
  ...shareGroupCases,
  ...shareRecordCases,
  ...randomShareGroupCases,
];

/** Records here carry a fixed time long past: no retention, or Kafka deletes them in the middle of a case. */
const settings = { 'auto.create.topics.enable': 'true', 'log.retention.ms': '-1', 'some.plugin.setting': 'x' };
const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
const only = process.env['WALKA_DIFFERENTIAL_ONLY'];
let kafka: BrokerProcess;
let walka: BrokerProcess;

before(async () => {
  if (skip !== false) return;
  // One after the other: two at once may pick the same free port.
  kafka = await BrokerProcess.start({ target: 'kafka', settings });
  // What Kafka 4.4 serves, and no older versions.
  const ours = conformanceTarget === 'kafka' ? settings : { ...settings, 'walka.min.client.version': '2.1' };
  walka = await BrokerProcess.start({ target: conformanceTarget, settings: ours });
  await Promise.all([awaitProducerIds(kafka), awaitProducerIds(walka)]);
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
    // Two brokers that end a case early in the same way would be alike in all that it still had to ask.
    throw new Error(`${broker.target}: the case ended early`, { cause: error });
  }
  assert(session.transcript.length > 0, 'the case asked nothing');
  return session.transcript;
}

/** Deviations that an answer had. */
const found = new Set<Deviation>();

function isDeviation(caseName: string, step: string, place: string): boolean {
  const matching = deviations.filter(
    (deviation) => deviation.case.test(caseName) && deviation.step.test(step) && deviation.place.test(place),
  );
  for (const deviation of matching) found.add(deviation);
  return matching.length > 0;
}

/** Kafka reserves its first producer ids in the background and refuses until it has them. */
async function awaitProducerIds(broker: BrokerProcess): Promise<void> {
  await using session = new Session(broker.port, 'warm-up');
  for (;;) {
    const answer = await session.quietly('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
    if (answer.errorCode === 0) return;
  }
}

/** Answers by the step they belong to: those of two connections may come in either order. */
function byStep(entries: readonly TranscriptEntry[]): Map<string, unknown> {
  const answers = new Map<string, unknown>();
  for (const { step, answer } of entries) answers.set(answers.has(step) ? `${step} (${answers.size})` : step, answer);
  return answers;
}

cases.forEach((oneCase, index) => {
  if (only !== undefined && !new RegExp(only).test(oneCase.name)) return;
  test(oneCase.name, { skip, timeout: 600_000 }, async () => {
    const prefix = `d${index}`;
    const [expected, actual] = await Promise.all([
      transcriptOf(kafka, oneCase, prefix),
      transcriptOf(walka, oneCase, prefix),
    ]);
    const [theirs, ours] = [byStep(expected), byStep(actual)];
    const differing: string[] = [];
    // Silence of both would look alike, and say nothing.
    if (conformanceTarget !== 'kafka')
      for (const [step, answer] of ours) assert.notEqual(answer, 'no answer', `Walka is silent: ${step}`);
    for (const step of new Set([...theirs.keys(), ...ours.keys()])) {
      const places = differences(ours.get(step), theirs.get(step)).filter(
        (place) => !isDeviation(oneCase.name, step, place),
      );
      if (places.length > 0) differing.push(`${step}\n    ${places.join('\n    ')}`);
    }
    assert(differing.length === 0, `\n  ${differing.join('\n  ')}`);
  });
});

test('every deviation is one still', { skip: skip || only !== undefined || conformanceTarget === 'kafka' }, () => {
  const gone = deviations.filter((deviation) => !found.has(deviation));
  assert.deepEqual(gone, []);
});
