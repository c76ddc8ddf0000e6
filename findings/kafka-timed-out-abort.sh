#!/usr/bin/env bash
# When a transaction exceeds its timeout, Kafka aborts it and raises the producer's epoch. The producer learns of it when it
# writes again, and up to EndTxn v4 also when it ends the transaction: it is fenced and has to initialize again. EndTxn v5
# raises the epoch at every end and knows a repeated request by the epoch before; it cannot tell the timeout's abort from
# one that the producer had asked for itself. So a late abort is taken for a repetition and answered with success and the
# new epoch, with which the producer goes on as if no timeout had been. A late commit meets the same rule and is not called
# fenced either, but refused as INVALID_TXN_STATE. A client or broker that takes over "PRODUCER_FENCED after a timeout" from
# v4 is wrong for both.
#
# Versions: Apache Kafka 4.4.0, at transaction.version 2 (the default); requests built with its own classes. Needs bash, JDK
# 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='one more record: INVALID_PRODUCER_EPOCH; commit, EndTxn v4: PRODUCER_FENCED
one more record: INVALID_PRODUCER_EPOCH; abort, EndTxn v4: PRODUCER_FENCED
one more record: INVALID_PRODUCER_EPOCH; commit, EndTxn v5: INVALID_TXN_STATE
one more record: INVALID_PRODUCER_EPOCH; abort, EndTxn v5: NONE
epoch 0 -> 1; a record with it: NONE'

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
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > TimedOut.java <<'JAVA'
import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.requests.*;

class TimedOut {
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

  static InitProducerIdResponseData init(String name) throws Exception {
    var data = new InitProducerIdRequestData().setTransactionalId(name).setTransactionTimeoutMs(1000);
    InitProducerIdResponse answer;
    do {
      Thread.sleep(100);
      answer = call(new InitProducerIdRequest.Builder(data), 5);
    } while (answer.data().errorCode() != 0);
    return answer.data();
  }

  static Errors produce(String name, long id, int epoch) throws Exception {
    var record = new SimpleRecord("v".getBytes());
    MemoryRecords records = MemoryRecords.withTransactionalRecords(Compression.NONE, id, (short) epoch, 0, record);
    var partition = new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records);
    var topic = new ProduceRequestData.TopicProduceData().setName("topic").setPartitionData(List.of(partition));
    var data = new ProduceRequestData().setTransactionalId(name).setAcks((short) -1).setTimeoutMs(10_000);
    data.setTopicData(new ProduceRequestData.TopicProduceDataCollection(List.of(topic).iterator()));
    ProduceResponse answer = call(ProduceRequest.builder(data, true), 12);
    var answered = answer.data().responses().iterator().next();
    return Errors.forCode(answered.partitionResponses().get(0).errorCode());
  }

  /** A transaction with one record, aborted by its timeout; then its producer, late, ends it with this version. */
  static void late(Admin admin, int version, boolean commit) throws Exception {
    String name = (commit ? "commit" : "abort") + ", EndTxn v" + version;
    var producer = init(name);
    long id = producer.producerId();
    short epoch = producer.producerEpoch();
    if (produce(name, id, epoch) != Errors.NONE) throw new IllegalStateException("not written");
    while (admin.describeTransactions(List.of(name)).description(name).get().state() != TransactionState.COMPLETE_ABORT) {
      Thread.sleep(100);
    }
    Errors more = produce(name, id, epoch);
    var data = new EndTxnRequestData().setTransactionalId(name).setProducerId(id).setProducerEpoch(epoch).setCommitted(commit);
    EndTxnResponse answer = call(new EndTxnRequest.Builder(data, false, version > 4), version);
    System.out.println("one more record: " + more + "; " + name + ": " + answer.error());
    if (answer.error() == Errors.NONE) {
      int next = answer.data().producerEpoch();
      System.out.println("epoch " + epoch + " -> " + next + "; a record with it: " + produce(name, id, next));
    }
  }

  public static void main(String[] args) throws Exception {
    connect(args[0]);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).all().get();
      find(1);
      late(admin, 4, true);
      late(admin, 4, false);
      late(admin, 5, true);
      late(admin, 5, false);
    }
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' TimedOut.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
