#!/usr/bin/env bash
# Offsets committed in a transaction (sendOffsetsToTransaction) do not always hold when the transaction commits. What counts
# is the order of the records in the log of the group, not the end of the transaction: an offset that is committed or
# deleted for the same partition outside of the transaction, while it is open, comes later in the log and stays.
# DeleteGroups is allowed too, since a group without members counts as empty, whatever is pending, and takes that along. The
# producer is told of success in every case, and the transaction ends as CompleteCommit. So a tool that resets offsets
# cannot count on being refused or overwritten by a transaction under way, and a broker that applies pending offsets as of
# the commit differs from Kafka.
#
# Versions: Apache Kafka 4.4.0 and its own clients. Needs bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='nothing meanwhile: CompleteCommit, offset 100
set to 20 meanwhile: CompleteCommit, offset 20
offset deleted meanwhile: CompleteCommit, no offset
group deleted meanwhile: CompleteCommit, no offset'

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
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > Overtaken.java <<'JAVA'
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

class Overtaken {
  interface Step {
    KafkaFuture<Void> run(String group);
  }

  static final TopicPartition PARTITION = new TopicPartition("topic", 0);
  static Admin admin;
  static String bootstrap;

  static Map<TopicPartition, OffsetAndMetadata> offset(long offset) {
    return Map.of(PARTITION, new OffsetAndMetadata(offset));
  }

  /** A group is at offset 10. A transaction commits 100 for it; before it ends, this step is done. */
  @SuppressWarnings("removal")
  static void transaction(String group, Step step) throws Exception {
    admin.alterConsumerGroupOffsets(group, offset(10)).all().get();
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "transactional.id", group);
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(offset(100), new ConsumerGroupMetadata(group));
      step.run(group).get();
      producer.commitTransaction();
    }
    TransactionState state;
    do {
      Thread.sleep(500);
      state = admin.describeTransactions(List.of(group)).description(group).get().state();
    } while (state == TransactionState.PREPARE_COMMIT);
    OffsetAndMetadata committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(PARTITION);
    System.out.println(group + ": " + state + ", " + (committed == null ? "no offset" : "offset " + committed.offset()));
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).all().get();
    transaction("nothing meanwhile", group -> KafkaFuture.completedFuture(null));
    transaction("set to 20 meanwhile", group -> admin.alterConsumerGroupOffsets(group, offset(20)).all());
    transaction("offset deleted meanwhile", group -> admin.deleteConsumerGroupOffsets(group, Set.of(PARTITION)).all());
    transaction("group deleted meanwhile", group -> admin.deleteConsumerGroups(List.of(group)).all());
    admin.close();
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' Overtaken.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
