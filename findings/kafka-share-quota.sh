#!/usr/bin/env bash
# A share group may lose records to a quota of bytes, and nobody ever sees them. Over his `consumer_byte_rate`, the consumer of a
# share group gets the answer that other consumers get: without records, and with the time to wait. But the broker has acquired
# them for him by then. They stay locked until the lock ends, and that is counted as a delivery. When as many as
# `group.share.delivery.count.limit` (5) answers were held back that way, the records are archived: gone for the group, though
# no application was ever given them. A batch larger than the quota's windows allow together (ten times the rate, by default)
# is over the quota each time, so that this is certain: here a record of 150,000 bytes goes by a consumer with 10,000 a second.
# An ordinary consumer would not get it either, but would go on waiting for it.
#
# Locks of 1 s and a limit of 2 make it short; with the defaults it takes minutes. Whoever sets such quotas for clients of share
# groups should have them at more than a tenth of the largest batch a second.
#
# Versions: Apache Kafka 4.4.0 and its own clients. Needs bash, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='without a quota: received 150000, lag 0
with a quota: received nothing, lag 0'

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
group.share.min.record.lock.duration.ms=1000
group.share.record.lock.duration.ms=1000
group.share.min.delivery.count.limit=2
group.share.delivery.count.limit=2
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > Held.java <<'JAVA'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.serialization.*;

class Held {
  /** A group reads the topic, until it has no lag. */
  static void read(String bootstrap, Admin admin, String name) throws Exception {
    var earliest = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, name), List.of(earliest))).all().get();
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "group.id", name, "client.id", name);
    var received = new StringJoiner(", ").setEmptyValue("nothing");
    try (var consumer = new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of("topic"));
      long end = System.currentTimeMillis() + 90_000;
      Optional<Long> lag = Optional.empty();
      while (!lag.equals(Optional.of(0L)) && System.currentTimeMillis() < end) {
        for (var record : consumer.poll(Duration.ofMillis(500))) received.add(String.valueOf(record.value().length));
        consumer.commitSync();
        var groups = Map.of(name, new ListShareGroupOffsetsSpec());
        var info = admin.listShareGroupOffsets(groups).partitionsToOffsetInfo(name).get().get(new TopicPartition("topic", 0));
        lag = info == null ? Optional.empty() : info.lag().map(Number::longValue);
      }
      System.out.println(name + ": received " + received + ", lag " + lag.map(String::valueOf).orElse("unknown"));
    }
  }

  public static void main(String[] args) throws Exception {
    Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]));
    admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).all().get();
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0]);
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>("topic", new byte[150_000])).get();
    }
    var quota = new ClientQuotaAlteration.Op("consumer_byte_rate", 10_000.0);
    var entity = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, "with a quota"));
    admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(quota)))).all().get();
    read(args[0], admin, "without a quota");
    read(args[0], admin, "with a quota");
    admin.close();
  }
}
JAVA
seen=$(timeout 300 java -cp 'libs/*' Held.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
