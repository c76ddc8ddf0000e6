/** Members of the consumer protocol that are restarted one after the other: how long it takes, and what it moves. */
import { ConsumerMember, type Member } from '../groups/members.ts';
import { assignAtOnce, converged, joinAll, makeTopic } from '../groups/together.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS_A_MEMBER = 2;

export const rollingRestart: Workload = {
  name: 'rolling-restart',
  title: 'A rolling restart of a group',
  about: 'Members of the consumer protocol leave and come back, one after the other.',
  isLocal: true,
  isThorough: true,
  seconds: ({ members }) => members / 4 + 2,
  async run(bench) {
    const { port } = bench.broker;
    const count = bench.sizes.members;
    const topic = await makeTopic(port, bench.topicName('rolling'), count * PARTITIONS_A_MEMBER);
    const groupId = `${topic.name}-group`;
    await assignAtOnce(port, groupId);
    const members = await joinAll(port, groupId, count, topic, ConsumerMember.join);
    const before = members.map(({ revoked }) => revoked);
    const begin = performance.now();
    let moved = 0;
    for (let index = 0; index < count; index++) {
      bench.signal.throwIfAborted();
      const leaving = members[index] as Member;
      moved += leaving.revoked - (before[index] ?? 0);
      await leaving.leave();
      // Else it is chance whether the others share its partitions out before it is back.
      await converged(
        members.filter((member) => member !== leaving),
        topic,
      );
      members[index] = await ConsumerMember.join(port, groupId, `restarted-${index}`, topic);
      before[index] = 0;
      await converged(members, topic);
    }
    const elapsedMs = performance.now() - begin;
    for (const [index, member] of members.entries()) {
      moved += member.revoked - (before[index] ?? 0);
      member.stop();
    }
    bench.note(`each of ${count} members`, 'ms', 'lower', elapsedMs / count);
    bench.note('taken from others', 'partitions', 'lower', moved);
  },
};
