#!/usr/bin/env bash
# MirrorMaker names what it mirrors after the cluster it comes from: `orders` of the cluster `here` is `here.orders` in the
# cluster `there`. Back from there it is not mirrored, or it would go round for ever; what came from where is told by the
# name alone. So a cluster's own topic is never mirrored to a cluster whose alias stands in its name: not `there.orders`,
# nor `shop.there.orders`, as every part but the last is taken for a cluster that it came through. Nothing tells of it, and
# that the setting `topics` lists it makes no difference. With aliases such as eu, prod or backup, and topics named by
# region, stage or purpose, these are the topics one is likely to have; a part that merely begins with the alias, or comes
# last, is harmless.
#
# Below, one broker stands for both clusters.
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

expected='mirrored: orders, shop.orders, shop.there, there-orders
not mirrored: shop.there.orders, there.orders'

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
here->there.topics=orders, shop.orders, shop.there, shop.there.orders, there-orders, there.orders
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
cat > Topics.java <<'JAVA'
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

class Topics {
  static final List<String> TOPICS =
      List.of("orders", "shop.orders", "shop.there", "shop.there.orders", "there-orders", "there.orders");

  /** The topics whose record has arrived at the other cluster. */
  static Set<String> mirrored(Admin admin) throws Exception {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (String topic : admin.listTopics().names().get()) {
      if (topic.startsWith("here.")) ends.put(new TopicPartition(topic, 0), OffsetSpec.latest());
    }
    return admin.listOffsets(ends).all().get().entrySet().stream()
        .filter(end -> end.getValue().offset() == 1)
        .map(end -> end.getKey().topic().substring("here.".length()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  public static void main(String[] args) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0]);
    try (Admin admin = Admin.create(settings)) {
      if (args[1].equals("write")) {
        admin.createTopics(TOPICS.stream().map(topic -> new NewTopic(topic, 1, (short) 1)).toList()).all().get();
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
          for (String topic : TOPICS) producer.send(new ProducerRecord<>(topic, "value")).get();
        }
        return;
      }
      while (mirrored(admin).size() < 4) Thread.sleep(500);
      Thread.sleep(5000);
      Set<String> mirrored = mirrored(admin);
      System.out.println("mirrored: " + String.join(", ", mirrored));
      System.out.println("not mirrored: " + TOPICS.stream().filter(t -> !mirrored.contains(t)).collect(Collectors.joining(", ")));
    }
  }
}
JAVA
java -cp 'libs/*' Topics.java "$bootstrap" write 2> write.log || { cat write.log; exit 2; }
java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'mirror/libs/*' org.apache.kafka.connect.mirror.MirrorMaker mirror.properties > mirror.log 2>&1 &
mirror=$!
seen=$(timeout 120 java -cp 'libs/*' Topics.java "$bootstrap" read 2> read.log) || { cat read.log mirror.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
