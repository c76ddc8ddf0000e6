#!/usr/bin/env bash
# The feature transaction.version switches the second protocol of transactions (KIP-890) on at level 2: Produce from v12 on
# adds its partition to the transaction by itself, EndTxn v5 raises the producer's epoch. For these two it switches the
# clients only: at level 1, a broker of 4.4.0 advertises the same versions of both requests, and does the same with them;
# the version of the request decides alone. So the highest version in common, by which a client picks every other request,
# is the wrong one at level 1, where Kafka wants the older protocol spoken, and a broker that refuses those versions or
# treats them as the older ones below level 2 differs from Kafka.
#
# Versions: Apache Kafka 4.4.0; requests built with its own classes. Needs bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='transaction.version 2: Produce up to v13, EndTxn up to v5
  Produce v12: NONE, in the transaction [topic-0]
  EndTxn v5: NONE, epoch 0 -> 1
  Produce v11: TRANSACTION_ABORTABLE, in the transaction []
transaction.version 1: Produce up to v13, EndTxn up to v5
  Produce v12: NONE, in the transaction [topic-0]
  EndTxn v5: NONE, epoch 0 -> 1
  Produce v11: TRANSACTION_ABORTABLE, in the transaction []'

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
cat > Levels.java <<'JAVA'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.requests.*;

class Levels {
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

  static void versions() throws Exception {
    ApiVersionsResponse answer = call(new ApiVersionsRequest.Builder(), 3);
    int level = answer.data().finalizedFeatures().find("transaction.version").maxVersionLevel();
    System.out.println("transaction.version " + level + ": Produce up to v" + answer.apiVersion(ApiKeys.PRODUCE.id).maxVersion()
        + ", EndTxn up to v" + answer.apiVersion(ApiKeys.END_TXN.id).maxVersion());
  }

  /** A transaction without AddPartitionsToTxn: Produce of this version, then EndTxn v5 if it was taken. */
  static void transaction(Admin admin, String name, int version) throws Exception {
    var init = new InitProducerIdRequestData().setTransactionalId(name).setTransactionTimeoutMs(60_000);
    InitProducerIdResponse producer;
    do {
      Thread.sleep(100);
      producer = call(new InitProducerIdRequest.Builder(init), 5);
    } while (producer.data().errorCode() != 0);
    long id = producer.data().producerId();
    short epoch = producer.data().producerEpoch();
    var record = new SimpleRecord("v".getBytes());
    MemoryRecords records = MemoryRecords.withTransactionalRecords(Compression.NONE, id, epoch, 0, record);
    var partition = new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records);
    var topic = new ProduceRequestData.TopicProduceData().setName("topic").setPartitionData(List.of(partition));
    var data = new ProduceRequestData().setTransactionalId(name).setAcks((short) -1).setTimeoutMs(10_000);
    data.setTopicData(new ProduceRequestData.TopicProduceDataCollection(List.of(topic).iterator()));
    ProduceResponse produced = call(ProduceRequest.builder(data, true), version);
    var answered = produced.data().responses().iterator().next().partitionResponses().get(0);
    var partitions = admin.describeTransactions(List.of(name)).description(name).get().topicPartitions();
    System.out.println("  Produce v" + version + ": " + Errors.forCode(answered.errorCode()) + ", in the transaction " + partitions);
    if (answered.errorCode() != 0) return;
    var end = new EndTxnRequestData().setTransactionalId(name).setCommitted(true).setProducerId(id).setProducerEpoch(epoch);
    EndTxnResponse ended = call(new EndTxnRequest.Builder(end, false, true), 5);
    System.out.println("  EndTxn v5: " + ended.error() + ", epoch " + epoch + " -> " + ended.data().producerEpoch());
  }

  public static void main(String[] args) throws Exception {
    connect(args[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).all().get();
      find(1);
      versions();
      transaction(admin, "2 new", 12);
      transaction(admin, "2 old", 11);
      var change = new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UNSAFE_DOWNGRADE);
      admin.updateFeatures(Map.of("transaction.version", change), new UpdateFeaturesOptions()).all().get();
      Thread.sleep(2000);
      versions();
      transaction(admin, "1 new", 12);
      transaction(admin, "1 old", 11);
    }
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' Levels.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
