#!/usr/bin/env bash
# compression.zstd.level=22 is a valid setting of a topic. One expects it to cost by the byte; it costs by the batch. Kafka
# compresses a batch as a stream whose length zstd does not know, so zstd sets up for the largest window of the level, and
# at 22 that is 640 MB of tables, cleared for each batch anew. A topic that has Kafka compress (compression.type=zstd,
# producers that do not) takes that much memory of the broker, outside its heap, and that much time of a request thread, for
# every batch of whatever size and for as many at once as there are such threads. The same library, given the same bytes in
# one piece, picks tables to their length and needs next to nothing. A producer with compression.zstd.level=22 pays likewise.
# Here a record took 0.5 s at level 22 and 0.01 s at level 3, and the bytes in one piece 0.00003 s.
#
# Versions: Apache Kafka 4.4.0 with its zstd-jni. Needs bash, JDK 17, Maven, Linux.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='100 bytes in one piece at level 22: below 2 ms
to a topic of level 22: over ten times as long as to one of level 3
memory of the broker: over 500 MB more'

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
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
cat > Levels.java <<'JAVA'
import com.github.luben.zstd.Zstd;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.ByteArraySerializer;

class Levels {
  static final byte[] VALUE = "x".repeat(100).getBytes();
  static String bootstrap;
  static String broker;

  interface Step {
    void run() throws Exception;
  }

  /** The median time of nine runs, in milliseconds. */
  static double median(Step step) throws Exception {
    for (int i = 0; i < 3; i++) step.run();
    double[] times = new double[9];
    for (int i = 0; i < times.length; i++) {
      long start = System.nanoTime();
      step.run();
      times[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(times);
    return times[4];
  }

  /** The most memory that the broker has had so far, in MB. */
  static long peak() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc", broker, "status"))) {
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
    }
    throw new IllegalStateException("no VmHWM");
  }

  static double send(int level) throws Exception {
    String topic = "level-" + level;
    Map<String, String> settings = Map.of("compression.type", "zstd", "compression.zstd.level", "" + level);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(settings))).all().get();
    }
    var serializer = new ByteArraySerializer();
    try (var producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap), serializer, serializer)) {
      return median(() -> producer.send(new ProducerRecord<>(topic, VALUE)).get());
    }
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    broker = args[1];
    double whole = median(() -> Zstd.compress(VALUE, 22));
    double low = send(3);
    long before = peak();
    double high = send(22);
    long after = peak();
    System.err.printf("whole %.2f ms, level 3 %.2f ms, level 22 %.2f ms, memory %d MB, then %d MB%n", whole, low, high, before, after);
    System.out.println("100 bytes in one piece at level 22: " + (whole < 2 ? "below 2 ms" : whole + " ms"));
    System.out.println("to a topic of level 22: " + (high > 10 * low ? "over ten" : high / low) + " times as long as to one of level 3");
    System.out.println("memory of the broker: " + (after - before > 500 ? "over 500 MB more" : after - before + " MB more"));
  }
}
JAVA
seen=$(timeout 100 java -cp 'libs/*' Levels.java "$bootstrap" "$broker" 2> run.log) || { cat run.log; exit 2; }
grep whole run.log
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
