#!/usr/bin/env bash
# A topic may refuse records with a time long past (message.timestamp.before.max.ms, say an hour). MirrorMaker makes its
# mirror with the same settings, but for some that it knows to be harmful there; for this one, and its sibling for times
# ahead, its list has the names that they have as settings of a broker, log.message..., which no topic has. So the mirror
# refuses what is older, too: all that the topic held before, and whatever waits when MirrorMaker was down or behind for
# that long. The first such record ends the task, and with it the mirrors of all other topics of the same task (one task has
# all by default), which had nothing to do with it. It comes back to the same record each time it is started.
# `config.properties.exclude` with the right names is the way out.
#
# Below, the limit is three seconds, and one broker stands for both clusters.
#
# Versions: MirrorMaker 4.3.1, Apache Kafka 4.4.0. Needs bash, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker= mirror=
finish() {
  for process in $mirror $broker; do kill "$process" && wait "$process" || true; done
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

expected='clicks has 1 record and before.max.ms=3000; orders has 2 records
here.clicks has 0 records and before.max.ms=3000; here.orders lacks the last record'

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
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
mkdir mirror
cat > mirror/pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>mirror</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-mirror</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B -Dstyle.color=never -f mirror org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/mirror/libs"
cat > mirror.properties <<SETTINGS
clusters=here, there
here.bootstrap.servers=$bootstrap
there.bootstrap.servers=$bootstrap
here->there.enabled=true
here->there.topics=clicks, orders
here->there.emit.checkpoints.enabled=false
here->there.sync.topic.acls.enabled=false
there->here.enabled=false
emit.heartbeats.enabled=false
replication.factor=1
checkpoints.topic.replication.factor=1
offset-syncs.topic.replication.factor=1
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.storage.partitions=1
status.storage.partitions=1
SETTINGS
cat > Limit.java <<'JAVA'
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;

class Limit {
  static final String BEFORE = "message.timestamp.before.max.ms";
  static Admin admin;

  static long records(String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    return admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset();
  }

  static String count(String topic) throws Exception {
    long records = records(topic);
    return topic + " has " + records + (records == 1 ? " record" : " records");
  }

  static String countWithLimit(String topic) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    String limit = admin.describeConfigs(List.of(resource)).all().get().get(resource).get(BEFORE).value();
    return count(topic) + " and before.max.ms=" + limit;
  }

  static void send(Map<String, Object> settings, String... topics) throws Exception {
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (String topic : topics) producer.send(new ProducerRecord<>(topic, "value")).get();
    }
  }

  public static void main(String[] args) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0]);
    admin = Admin.create(settings);
    if (args[1].equals("write")) {
      NewTopic clicks = new NewTopic("clicks", 1, (short) 1).configs(Map.of(BEFORE, "3000"));
      admin.createTopics(List.of(clicks, new NewTopic("orders", 1, (short) 1))).all().get();
      send(settings, "clicks", "orders");
      Thread.sleep(4000);
    } else {
      Set<String> mirrors = Set.of("here.clicks", "here.orders");
      while (!admin.listTopics().names().get().containsAll(mirrors)) Thread.sleep(500);
      Thread.sleep(10000);
      send(settings, "orders");
      Thread.sleep(10000);
      System.out.println(countWithLimit("clicks") + "; " + count("orders"));
      String orders = records("here.orders") < records("orders") ? "lacks the last record" : "has all records";
      System.out.println(countWithLimit("here.clicks") + "; here.orders " + orders);
    }
    admin.close();
  }
}
JAVA
java -cp 'libs/*' Limit.java "$bootstrap" write 2> write.log || { cat write.log; exit 2; }
java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'mirror/libs/*' org.apache.kafka.connect.mirror.MirrorMaker mirror.properties > mirror.log 2>&1 &
mirror=$!
seen=$(timeout 120 java -cp 'libs/*' Limit.java "$bootstrap" read 2> read.log) || { cat read.log mirror.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
