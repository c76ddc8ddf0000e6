#!/usr/bin/env bash
# A fetch with read_committed is answered with batches and a list of aborted transactions. One would think, and compare in a
# test, that these are the ones the batches belong to. Kafka's list does not end where the bytes do. It ends at the next
# entry of the segment's sparse offset index behind them (one per 4 KiB by default), and without such an entry at the end of
# the log. With small batches, an answer of one batch lists every later aborted transaction of the segment. With large ones
# it lists one that is not in the bytes after some fetches and not after others: at 0 it does, at 2 not, at 3 again. Two
# correct brokers with the same log may answer differently, and a client must neither expect each listed transaction to
# begin in the batches at hand nor keep the list for the next answer, which brings it again.
#
# Versions: Apache Kafka 4.4.0 and its own clients; Fetch v12 built with its own classes. Needs bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='small, fetch at 0: batches 0-0; aborted 0, 2, 4, 6, 8, 10
small, fetch at 1: batches 1-1; aborted 0, 2, 4, 6, 8, 10
small, fetch at 2: batches 2-2; aborted 2, 4, 6, 8, 10
small, fetch at 3: batches 3-3; aborted 2, 4, 6, 8, 10
small, fetch at 4: batches 4-4; aborted 4, 6, 8, 10
large, fetch at 0: batches 0-0; aborted 0, 2
large, fetch at 1: batches 1-1; aborted 0, 2
large, fetch at 2: batches 2-2; aborted 2
large, fetch at 3: batches 3-3; aborted 2, 4
large, fetch at 4: batches 4-4; aborted 4'

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
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > Reach.java <<'JAVA'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.requests.*;
import org.apache.kafka.common.serialization.StringSerializer;

class Reach {
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

  /** Aborted transactions of one record each, of this size: they begin at 0, 2, 4, 6, 8 and 10, a marker behind each. */
  static void abort(String bootstrap, Admin admin, String topic, int bytes) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "transactional.id", topic);
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      for (int i = 0; i < 6; i++) {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "v".repeat(bytes))).get();
        producer.abortTransaction();
      }
    }
    var end = new org.apache.kafka.common.TopicPartition(topic, 0);
    while (admin.listOffsets(Map.of(end, OffsetSpec.latest())).partitionResult(end).get().offset() < 12) Thread.sleep(100);
  }

  /** A fetch with read_committed, of one batch: the first is sent whole, whatever the limit. */
  static void fetch(String topic, long offset) throws Exception {
    var partition = new FetchRequestData.FetchPartition().setPartition(0).setFetchOffset(offset).setPartitionMaxBytes(1);
    var wanted = new FetchRequestData.FetchTopic().setTopic(topic).setPartitions(List.of(partition));
    var data = new FetchRequestData().setMaxWaitMs(500).setMinBytes(1).setMaxBytes(1 << 20).setIsolationLevel((byte) 1);
    FetchResponse answer = call(new FetchRequest.SimpleBuilder(data.setTopics(List.of(wanted))), 12);
    var got = answer.data().responses().get(0).partitions().get(0);
    var batches = new StringJoiner(", ");
    for (RecordBatch batch : ((MemoryRecords) got.records()).batches()) batches.add(batch.baseOffset() + "-" + batch.lastOffset());
    var aborted = new StringJoiner(", ");
    got.abortedTransactions().forEach(transaction -> aborted.add("" + transaction.firstOffset()));
    System.out.println(topic + ", fetch at " + offset + ": batches " + batches + "; aborted " + aborted);
  }

  public static void main(String[] args) throws Exception {
    connect(args[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      abort(args[0], admin, "small", 10);
      abort(args[0], admin, "large", 6000);
    }
    for (String topic : List.of("small", "large")) for (int offset : List.of(0, 1, 2, 3, 4)) fetch(topic, offset);
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' Reach.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
