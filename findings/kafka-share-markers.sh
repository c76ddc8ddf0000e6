#!/usr/bin/env bash
# A consumer of a share group (ShareFetch) is given batches, and ranges of offsets that it has acquired and is to
# acknowledge. The markers that end transactions are acquired too: their offsets stand in the ranges, joined with those of
# records, and a marker that follows an aborted record makes a range of its own, though with read_committed the record is
# not acquired and there is nothing to give to the application. A client that acknowledges what it processed leaves them
# behind. They count as lag, are delivered again to whoever comes next, with a higher delivery count. The type for such
# offsets is 0, gap, which one takes for offsets that compaction removed. Likewise the number of acquired offsets is not
# that of records.
#
# Versions: Apache Kafka 4.4.0 and its own clients; share requests built with its own classes. Needs bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='sent 0, 1 marker, 2, 3 marker; acquired 0-1 delivery 1, 3-3 delivery 1
0, the only record, accepted: lag 2
sent 1 marker, 2, 3 marker; acquired 1-1 delivery 2, 3-3 delivery 2
1 and 3 acknowledged as gaps: lag 0'

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
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > Markers.java <<'JAVA'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.requests.*;
import org.apache.kafka.common.serialization.StringSerializer;

class Markers {
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

  static final byte GAP = 0, ACCEPT = 1;
  static final String MEMBER = Uuid.randomUuid().toString();
  static Uuid topic;

  /** Heartbeats until the partition is assigned. */
  static void join() throws Exception {
    var data = new ShareGroupHeartbeatRequestData().setGroupId("group").setMemberId(MEMBER).setMemberEpoch(0);
    data.setSubscribedTopicNames(List.of("topic"));
    ShareGroupHeartbeatResponseData answer;
    do {
      Thread.sleep(200);
      answer = Markers.<ShareGroupHeartbeatResponse>call(new ShareGroupHeartbeatRequest.Builder(data), 1).data();
      if (answer.errorCode() == 0) data.setMemberEpoch(answer.memberEpoch()).setSubscribedTopicNames(null);
      else if (answer.errorCode() != Errors.COORDINATOR_LOAD_IN_PROGRESS.code()) throw new IllegalStateException(answer.toString());
    } while (answer.assignment() == null || answer.assignment().topicPartitions().isEmpty());
  }

  /** A fetch of a share session: epoch 0 opens it, -1 closes it. The offsets, if any, are acknowledged with this type. */
  static void fetch(int epoch, byte type, long... offsets) throws Exception {
    var partition = new ShareFetchRequestData.FetchPartition().setPartitionIndex(0);
    for (long offset : offsets) {
      var batch = new ShareFetchRequestData.AcknowledgementBatch().setFirstOffset(offset).setLastOffset(offset);
      partition.acknowledgementBatches().add(batch.setAcknowledgeTypes(List.of(type)));
    }
    var wanted = new ShareFetchRequestData.FetchTopic().setTopicId(topic);
    wanted.setPartitions(new ShareFetchRequestData.FetchPartitionCollection(List.of(partition).iterator()));
    var data = new ShareFetchRequestData().setGroupId("group").setMemberId(MEMBER).setShareSessionEpoch(epoch);
    data.setTopics(new ShareFetchRequestData.FetchTopicCollection(List.of(wanted).iterator()));
    if (epoch == 0) data.setMaxWaitMs(5000).setMinBytes(1).setMaxBytes(1 << 20).setMaxRecords(500).setBatchSize(500);
    else data.setMaxWaitMs(0);
    ShareFetchResponse answer = call(new ShareFetchRequest.Builder(data), 2);
    if (answer.data().errorCode() != 0) throw new IllegalStateException(answer.data().toString());
    var got = answer.data().responses().iterator().next().partitions().get(0);
    if (got.errorCode() != 0 || got.acknowledgeErrorCode() != 0) throw new IllegalStateException(got.toString());
    if (epoch != 0) return;
    var records = new StringJoiner(", ");
    var acquired = new StringJoiner(", ");
    for (RecordBatch batch : ((MemoryRecords) got.records()).batches()) {
      records.add(batch.baseOffset() + (batch.isControlBatch() ? " marker" : ""));
    }
    for (var a : got.acquiredRecords()) acquired.add(a.firstOffset() + "-" + a.lastOffset() + " delivery " + a.deliveryCount());
    System.out.println("sent " + records + "; acquired " + acquired);
  }

  static void lag(Admin admin, String title) throws Exception {
    var groups = Map.of("group", new ListShareGroupOffsetsSpec());
    var info = admin.listShareGroupOffsets(groups).partitionsToOffsetInfo("group").get().get(new TopicPartition("topic", 0));
    System.out.println(title + ": lag " + info.lag().get());
  }

  public static void main(String[] args) throws Exception {
    connect(args[0]);
    Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]));
    topic = admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).topicId("topic").get();
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "transactional.id", "id");
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("topic", "committed")).get(); // offset 0, its marker 1
      producer.commitTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("topic", "aborted")).get(); // offset 2, its marker 3
      producer.abortTransaction();
    }
    var end = Map.of(new TopicPartition("topic", 0), OffsetSpec.latest());
    while (admin.listOffsets(end).all().get().values().iterator().next().offset() < 4) Thread.sleep(100);

    var changes = new ArrayList<AlterConfigOp>();
    changes.add(new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET));
    changes.add(new AlterConfigOp(new ConfigEntry("share.isolation.level", "read_committed"), AlterConfigOp.OpType.SET));
    admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, "group"), changes)).all().get();
    find(0);
    join();
    fetch(0, ACCEPT);
    fetch(-1, ACCEPT, 0);
    lag(admin, "0, the only record, accepted");
    fetch(0, ACCEPT);
    fetch(-1, GAP, 1, 3);
    lag(admin, "1 and 3 acknowledged as gaps");
    admin.close();
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' Markers.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
