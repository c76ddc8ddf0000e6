/** Groups whose members come all at once. */
import { ClassicMember, ConsumerMember } from '../groups/members.ts';
import { assignAtOnce, type Joiner, joinAll, makeTopic } from '../groups/together.ts';
import { withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS_A_MEMBER = 2;

export const joins: Workload = {
  name: 'joins',
  title: 'Members that join at once',
  about: `Until each has its ${PARTITIONS_A_MEMBER} partitions; the consumer protocol with targets computed at once.`,
  isLocal: true,
  seconds: ({ members }) => members / 25 + 2,
  async run(bench) {
    const { port } = bench.broker;
    const count = bench.sizes.members;
    const joiners: ReadonlyArray<readonly [string, Joiner]> = [
      ['classic', ClassicMember.join],
      ['consumer', ConsumerMember.join],
    ];
    for (const [protocol, join] of joiners) {
      const topic = await makeTopic(port, bench.topicName(`joins-${protocol}`), count * PARTITIONS_A_MEMBER);
      const groupId = `${topic.name}-group`;
      if (protocol === 'consumer') await assignAtOnce(port, groupId);
      const { result, cpuS } = await withCpu(bench, async () => {
        const begin = performance.now();
        const members = await joinAll(port, groupId, count, topic, join);
        return { members, elapsedMs: performance.now() - begin };
      });
      bench.note(`${count} ${protocol} members`, 'ms', 'lower', result.elapsedMs);
      bench.note(`${count} ${protocol} members`, 'broker CPU-ms', 'lower', cpuS * 1000);
      for (const member of result.members) member.stop();
    }
  },
};
