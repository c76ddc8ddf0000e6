#!/usr/bin/env bash
# A consumer seeks by time: offsetsForTimes gives the first record at or after that time, or null when there is none. On a
# compacted topic Kafka gives null although such records are there, are fetched, and are what a consumer from the beginning
# reads. The cleaner keeps the last batch of each idempotent producer, without its records once newer values have replaced
# them, and the batch keeps its largest timestamp. That timestamp still counts for its segment: every time up to it is
# looked for in this segment only, where no record has it, and nobody looks into the segments behind. A producer whose clock
# ran ahead for one record is enough; it lasts until that producer writes again or is forgotten. The offset of the largest
# timestamp (OffsetSpec.maxTimestamp) is then that of no record, -1, too.
#
# Versions: Apache Kafka 4.4.0 and its own clients. Needs bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='records 1 at T+0, 2 at T+2000, 3 at T+3000, 4 at T+4000
first at or after T+2000: none
first at or after T+3000: none
largest timestamp: offset -1'

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
log.cleaner.backoff.ms=200
log.retention.check.interval.ms=500
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > Hidden.java <<'JAVA'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

class Hidden {
  static final long T = 1_700_000_000_000L;
  static final TopicPartition PARTITION = new TopicPartition("t", 0);
  static String bootstrap;

  /** One idempotent producer, one batch. */
  static void write(String key, String value, long afterMs) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>("t", 0, T + afterMs, key, value)).get();
    }
  }

  static KafkaConsumer<String, String> consumer() {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest");
    var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    consumer.assign(List.of(PARTITION));
    return consumer;
  }

  /** All records: offset and time after T. */
  static List<String> read() {
    var seen = new ArrayList<String>();
    try (var consumer = consumer()) {
      consumer.seekToBeginning(List.of(PARTITION));
      long end = consumer.endOffsets(List.of(PARTITION)).get(PARTITION);
      while (consumer.position(PARTITION) < end) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          seen.add(record.offset() + " at T+" + (record.timestamp() - T));
        }
      }
    }
    return seen;
  }

  static void show(Admin admin) throws Exception {
    System.out.println("records " + String.join(", ", read()));
    try (var consumer = consumer()) {
      for (long afterMs : new long[] {2000, 3000}) {
        var found = consumer.offsetsForTimes(Map.of(PARTITION, T + afterMs)).get(PARTITION);
        System.out.println("first at or after T+" + afterMs + ": " + (found == null ? "none" : found.offset()));
      }
    }
    var latest = admin.listOffsets(Map.of(PARTITION, OffsetSpec.maxTimestamp())).partitionResult(PARTITION).get();
    System.out.println("largest timestamp: offset " + latest.offset());
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) bootstrap))) {
      // Small segments without the floor that segment.bytes has.
      var configs = Map.of("cleanup.policy", "compact", "internal.segment.bytes", "200",
          "min.cleanable.dirty.ratio", "0.01");
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1).configs(configs))).all().get();
      write("a", "from a clock that is ahead", 50_000);
      write("a", "the value that counts", 0);
      write("b", "1", 2000);
      write("c", "1", 3000);
      write("d", "1", 4000);
      while (read().get(0).startsWith("0 ")) Thread.sleep(200);
      show(admin);
    }
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' Hidden.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
