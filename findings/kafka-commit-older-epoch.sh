#!/usr/bin/env bash
# A consumer of the group protocol of KIP-848 commits offsets with its member epoch; by the KIP, an epoch that is not the
# current one is refused as STALE_MEMBER_EPOCH. OffsetFetch of 4.4.0 does so. OffsetCommit takes an older epoch, if the
# member has held the partition ever since that epoch. A partition that it got later, or had given to another member in
# between, is refused with the older epoch, and then so is every other partition of the same request, though it would pass
# alone. Whether an offset is taken thus depends on what else is in the request. A broker that wants to answer as Kafka does
# has to keep an epoch for each assigned partition, and a client cannot tell by a commit that passes that its epoch is
# current.
#
# Versions: Apache Kafka 4.4.0; requests built with its own classes. Needs bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='A at epoch 2, holds [0, 1, 2, 3]
A at epoch 2, holds [0, 1]
A at epoch 3
A at epoch 4, holds [0, 1, 2, 3]
OffsetCommit with epoch 4: 0 NONE, 3 NONE
OffsetCommit with epoch 2: 0 NONE, 1 NONE
OffsetCommit with epoch 2: 3 STALE_MEMBER_EPOCH
OffsetCommit with epoch 2: 0 STALE_MEMBER_EPOCH, 3 STALE_MEMBER_EPOCH
OffsetFetch of 0 with epoch 4: NONE
OffsetFetch of 0 with epoch 2: STALE_MEMBER_EPOCH'

# One Kafka broker on free ports, with its data in the temporary folder.
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory=libs
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do :; done
  echo "$port"
}
bootstrap=127.0.0.1:$(free_port) controller=127.0.0.1:$(free_port)
cat > server.properties <<SETTINGS
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@$controller
listeners=PLAINTEXT://$bootstrap,CONTROLLER://$controller
advertised.listeners=PLAINTEXT://$bootstrap
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$work/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
group.consumer.assignment.interval.ms=0
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > OlderEpoch.java <<'JAVA'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.*;

class OlderEpoch {
  static DataInputStream in;
  static DataOutputStream out;

  static void connect(String bootstrap) throws Exception {
    Socket socket = new Socket("127.0.0.1", Integer.parseInt(bootstrap.split(":")[1]));
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
  }

  /** One request of this version, and its answer. */
  @SuppressWarnings("unchecked")
  static <R extends AbstractResponse> R call(AbstractRequest.Builder<?> builder, int version) throws Exception {
    AbstractRequest request = builder.build((short) version);
    RequestHeader header = new RequestHeader(request.apiKey(), (short) version, "finding", 0);
    ByteBuffer bytes = request.serializeWithHeader(header);
    out.writeInt(bytes.remaining());
    out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    return (R) AbstractResponse.parseResponse(ByteBuffer.wrap(in.readNBytes(in.readInt())), header);
  }

  /** Makes the broker load its coordinator of groups (type 0) or transactions (1). */
  static void find(int type) throws Exception {
    var data = new FindCoordinatorRequestData().setKeyType((byte) type).setCoordinatorKeys(List.of("any"));
    FindCoordinatorResponse answer;
    do {
      Thread.sleep(100);
      answer = call(new FindCoordinatorRequest.Builder(data), 6);
    } while (answer.data().coordinators().get(0).errorCode() != 0);
  }

  static Uuid topic;

  /** A heartbeat of a member that owns these partitions; epoch 0 joins, -1 leaves. */
  static void beat(String member, int epoch, Integer... owned) throws Exception {
    var data = new ConsumerGroupHeartbeatRequestData().setGroupId("group").setMemberId(member).setMemberEpoch(epoch);
    if (epoch == 0) data.setRebalanceTimeoutMs(60_000).setSubscribedTopicNames(List.of("topic"));
    var partitions = new ConsumerGroupHeartbeatRequestData.TopicPartitions().setTopicId(topic).setPartitions(List.of(owned));
    data.setTopicPartitions(owned.length == 0 ? List.of() : List.of(partitions));
    ConsumerGroupHeartbeatResponse answer;
    do {
      answer = call(new ConsumerGroupHeartbeatRequest.Builder(data), 1);
    } while (answer.data().errorCode() == Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
    if (answer.data().errorCode() != 0) throw new IllegalStateException(answer.data().toString());
    if (!member.equals("A")) return;
    var assigned = new TreeSet<Integer>();
    if (answer.data().assignment() != null) answer.data().assignment().topicPartitions().forEach(t -> assigned.addAll(t.partitions()));
    System.out.println("A at epoch " + answer.data().memberEpoch() + (assigned.isEmpty() ? "" : ", holds " + assigned));
  }

  static void commit(int epoch, int... partitions) throws Exception {
    var committed = new OffsetCommitRequestData.OffsetCommitRequestTopic().setName("topic");
    for (int partition : partitions) {
      var offset = new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(partition).setCommittedOffset(5);
      committed.partitions().add(offset);
    }
    var data = new OffsetCommitRequestData().setGroupId("group").setMemberId("A").setGenerationIdOrMemberEpoch(epoch);
    OffsetCommitResponse answer = call(OffsetCommitRequest.Builder.forTopicNames(data.setTopics(List.of(committed))), 9);
    var errors = new StringJoiner(", ");
    for (var p : answer.data().topics().get(0).partitions()) errors.add(p.partitionIndex() + " " + Errors.forCode(p.errorCode()));
    System.out.println("OffsetCommit with epoch " + epoch + ": " + errors);
  }

  static void fetch(int epoch) throws Exception {
    var wanted = new OffsetFetchRequestData.OffsetFetchRequestTopics().setName("topic").setPartitionIndexes(List.of(0));
    var group = new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId("group").setMemberId("A").setMemberEpoch(epoch);
    var data = new OffsetFetchRequestData().setGroups(List.of(group.setTopics(List.of(wanted))));
    OffsetFetchResponse answer = call(OffsetFetchRequest.Builder.forTopicNames(data, false), 9);
    System.out.println("OffsetFetch of 0 with epoch " + epoch + ": " + Errors.forCode(answer.data().groups().get(0).errorCode()));
  }

  public static void main(String[] args) throws Exception {
    connect(args[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      topic = admin.createTopics(List.of(new NewTopic("topic", 4, (short) 1))).topicId("topic").get();
    }
    find(0);
    beat("A", 0);
    beat("B", 0);
    beat("A", 2, 0, 1, 2, 3); // is asked to give 2 and 3 back
    beat("A", 2, 0, 1);
    beat("B", 3); // has 2 and 3 now
    beat("B", -1);
    beat("A", 3, 0, 1);
    commit(4, 0, 3);
    commit(2, 0, 1);
    commit(2, 3);
    commit(2, 0, 3);
    fetch(4);
    fetch(2);
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' OlderEpoch.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
