#!/usr/bin/env bash
# EmitStrategy.onWindowClose() is to give one result for each window, once it is closed, as suppress() does with less work.
# Whether it does hangs on the record cache. The store keeps a window for its size and its grace, counted up to the newest
# window, and the record that closes windows is put there before they are looked for. Without a cache
# (statestore.cache.max.bytes=0, or withCachingDisabled) a window is still found if the next record falls into the next
# window, and is gone without a word if that one stays empty; from a store in memory, which counts one millisecond less, it
# is always gone. With a cache the new window does not get to the store in time to expire the others, and all is well. So
# turning the cache off, which is to bring results sooner, loses results. They are all there with a retention
# (Materialized.withRetention) that is longer than the largest gap.
#
# Below, one topology counts records in windows of a minute in four ways, with a record every minute or every other minute.
#
# Versions: Kafka Streams 4.4.0, Apache Kafka 4.4.0. Needs bash, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='cache, every other minute, 4 windows closed: on close 4, in memory 4, with a retention 4, suppress 4
no cache, every minute, 4 windows closed: on close 4, in memory 0, with a retention 4, suppress 4
no cache, every other minute, 4 windows closed: on close 0, in memory 0, with a retention 4, suppress 4'

# One Kafka broker on free ports, with its data in the temporary folder.
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-streams</artifactId><version>4.4.0</version></dependency>
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
group.initial.rebalance.delay.ms=0
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > LostWindows.java <<'JAVA'
import static org.apache.kafka.streams.kstream.Suppressed.BufferConfig.unbounded;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;

class LostWindows {
  static final Duration MINUTE = Duration.ofMinutes(1);
  /** Yesterday, at half past some minute. */
  static final long START = System.currentTimeMillis() / 60_000 * 60_000 - Duration.ofDays(1).toMillis() + 30_000;

  static final AtomicInteger read = new AtomicInteger();
  static final AtomicInteger onClose = new AtomicInteger();
  static final AtomicInteger inMemory = new AtomicInteger();
  static final AtomicInteger kept = new AtomicInteger();
  static final AtomicInteger suppressed = new AtomicInteger();
  static String bootstrap;
  static String state;
  static Producer<String, String> producer;

  static KafkaStreams count(String topic, boolean cache) throws Exception {
    for (AtomicInteger counter : List.of(read, onClose, inMemory, kept, suppressed)) counter.set(0);
    StreamsBuilder builder = new StreamsBuilder();
    var grouped = builder.stream(topic, Consumed.with(Serdes.String(), Serdes.String()))
        .peek((key, value) -> read.incrementAndGet())
        .groupByKey(Grouped.with(Serdes.String(), Serdes.String()));
    var windowed = grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(MINUTE));
    var closing = grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(MINUTE)).emitStrategy(EmitStrategy.onWindowClose());
    counted(closing.count(), onClose);
    counted(closing.count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as(BuiltInDslStoreSuppliers.IN_MEMORY)), inMemory);
    counted(closing.count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("kept").withRetention(Duration.ofDays(2))), kept);
    counted(windowed.count().suppress(Suppressed.untilWindowCloses(unbounded())), suppressed);
    Properties settings = new Properties();
    settings.put("application.id", "count-" + topic);
    settings.put("bootstrap.servers", bootstrap);
    settings.put("state.dir", state);
    if (!cache) settings.put("statestore.cache.max.bytes", 0);
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.start();
    return streams;
  }

  static void counted(KTable<Windowed<String>, Long> results, AtomicInteger counter) {
    results.toStream().foreach((window, n) -> counter.incrementAndGet());
  }

  static void send(String topic, int minute) throws Exception {
    producer.send(new ProducerRecord<>(topic, 0, START + minute * MINUTE.toMillis(), "key", "value")).get();
  }

  static void awaitRead(int records) throws Exception {
    while (read.get() < records) Thread.sleep(20);
    Thread.sleep(1500);
  }

  static void show(String name, int minutes, boolean cache) throws Exception {
    String topic = name.replaceAll("[ ,]+", "-");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
    try (KafkaStreams streams = count(topic, cache)) {
      for (int i = 0; i < 5; i++) {
        send(topic, i * minutes);
        awaitRead(i + 1);
      }
    }
    System.out.printf("%s, 4 windows closed: on close %s, in memory %s, with a retention %s, suppress %s%n",
        name, onClose, inMemory, kept, suppressed);
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    state = args[1];
    producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer());
    show("cache, every other minute", 2, true);
    show("no cache, every minute", 1, false);
    show("no cache, every other minute", 2, false);
    producer.close();
  }
}
JAVA
seen=$(timeout 110 java -cp 'libs/*' LostWindows.java "$bootstrap" "$work/state" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
