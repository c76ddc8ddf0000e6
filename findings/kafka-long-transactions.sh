#!/usr/bin/env bash
# ListTransactions has a filter by duration (Admin's filterOnDuration, `kafka-transactions list --duration-filter`), which
# reads like the way to find transactions that have been open for too long. It compares only the time since the start of the
# last transaction, whether or not that one is over: a producer that committed within milliseconds and then had nothing to
# do counts as long, with state CompleteCommit. A producer that never began a transaction has the start -1, and passes every
# filter, be it a century. An alarm has to filter by state Ongoing as well, and a broker that takes "duration" at its word
# answers less than Kafka.
#
# Versions: Apache Kafka 4.4.0 and its own clients. Needs bash, JDK 17, Maven.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='more than 2 s: done CompleteCommit, idle Empty, open Ongoing
more than an hour: idle Empty
more than 2 s, done has begun another: idle Empty, open Ongoing'

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
cat > Durations.java <<'JAVA'
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;

class Durations {
  static String bootstrap;

  static Producer<String, String> producer(String id) {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "transactional.id", id);
    Producer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    producer.initTransactions();
    return producer;
  }

  static void begin(Producer<String, String> producer) throws Exception {
    producer.beginTransaction();
    producer.send(new ProducerRecord<>("topic", "v")).get();
  }

  static void list(Admin admin, String title, long duration) throws Exception {
    var found = new TreeSet<String>();
    var options = new ListTransactionsOptions().filterOnDuration(duration);
    admin.listTransactions(options).all().get().forEach(t -> found.add(t.transactionalId() + " " + t.state()));
    System.out.println(title + ": " + String.join(", ", found));
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).all().get();
      try (var idle = producer("idle"); var done = producer("done"); var open = producer("open")) {
        begin(done);
        done.commitTransaction();
        begin(open);
        Thread.sleep(4000);
        list(admin, "more than 2 s", 2000);
        list(admin, "more than an hour", 3_600_000);
        begin(done);
        list(admin, "more than 2 s, done has begun another", 2000);
      }
    }
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' Durations.java "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
