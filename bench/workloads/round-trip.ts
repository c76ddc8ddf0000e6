/** One record in flight: how long a lone producer waits. */
import { percentilesOf } from '../generators/librdkafka.ts';
import { createTopic, noteLatency, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const RECORD_BYTES = 1024;
const OPEN_LOOP_RATE = 5000;
const OPEN_LOOP_PARTITIONS = 6;
const SECONDS_A_THOUSAND = 1;

export const roundTrip: Workload = {
  name: 'round-trip',
  title: 'One record in flight',
  about: 'A record of 1 KiB is sent when the one before is acknowledged, or (end to end) read. acks=all.',
  seconds: ({ roundTrips, openLoopSeconds, isThorough }) =>
    (roundTrips / 1000) * SECONDS_A_THOUSAND + (isThorough ? openLoopSeconds + 9 : 1),
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    const { bootstrap } = broker;
    if (generators.librdkafka !== null) {
      const topic = await createTopic(bench, 'round-trip', 1);
      const load = { topic, records: sizes.roundTrips, recordBytes: RECORD_BYTES };
      const { librdkafka } = generators;
      const { result, cpuS, elapsedS } = await withCpu(bench, () => librdkafka.roundTrip(bootstrap, load, signal));
      noteLatency(bench, 'librdkafka', result);
      bench.note('librdkafka', 'broker cores', 'lower', cpuS / elapsedS);
    }
    const { franzGo } = generators;
    if (franzGo !== null && sizes.isThorough) {
      const topic = await createTopic(bench, 'franz-round-trip', 1);
      const { result } = await withCpu(bench, () =>
        franzGo(signal, 'roundtrip', bootstrap, topic, sizes.roundTrips, RECORD_BYTES),
      );
      noteLatency(bench, 'franz-go, acknowledged', percentilesOf(result, 'roundTrip'));
      noteLatency(bench, 'franz-go, end to end', percentilesOf(result, 'endToEnd'));
      const open = await createTopic(bench, 'franz-open-loop', OPEN_LOOP_PARTITIONS);
      const args = [OPEN_LOOP_PARTITIONS, OPEN_LOOP_RATE, Math.ceil(sizes.openLoopSeconds), RECORD_BYTES];
      const eager = await withCpu(bench, () => franzGo(signal, 'openloop', bootstrap, open, ...args));
      noteLatency(bench, 'franz-go, 5,000/s, acknowledged', percentilesOf(eager.result, 'ack'));
      noteLatency(bench, 'franz-go, 5,000/s, end to end', percentilesOf(eager.result, 'endToEnd'));
      bench.note('franz-go, 5,000/s', 'broker cores', 'lower', eager.cpuS / eager.elapsedS);
    }
  },
};
