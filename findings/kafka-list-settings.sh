#!/usr/bin/env bash
# What a list setting of Kafka 4.4.0 takes depends on who asks, in which operation. A topic's `cleanup.policy` drops a
# repeated element, at creation, by SET and by APPEND. Its default, `log.cleanup.policy`, set on brokers at run time, refuses
# the same texts as duplicated, though APPEND of an element that is in the list already is taken there as well. Of empty
# elements, APPEND takes two (",") but not one (""), for topics and brokers; SET refuses the two, the one for being empty,
# the other for being duplicated. A tool that drops a repeated element before it compares wanted with actual settings is
# right for topics and wrong for brokers.
#
# Versions: Apache Kafka 4.4.0 and its own Admin client. Needs bash, JDK 17, Maven.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected=$(cat << 'SEEN'
topic created with "delete,delete": now "delete"
topic SET "delete,delete": taken, now "delete"
topic APPEND "compact,compact": taken, now "delete,compact"
topic SET ",": Configuration 'cleanup.policy' values must not be empty.
topic APPEND ",": taken, now "delete,compact"
topic APPEND "": Configuration 'cleanup.policy' values must not be empty.
broker SET "delete": taken, now "delete"
broker SET "delete,delete": Configuration 'log.cleanup.policy' values must not be duplicated.
broker APPEND "compact,compact": Configuration 'log.cleanup.policy' values must not be duplicated.
broker APPEND "delete": taken, now "delete"
broker SET ",": Configuration 'log.cleanup.policy' values must not be duplicated.
broker APPEND ",": taken, now "delete"
broker APPEND "": Configuration 'log.cleanup.policy' values must not be empty.
SEEN
)

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
start_kafka() {
  java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
  broker=$!
  until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
    kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
    sleep 0.2
  done
}
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
start_kafka
cat > Lists.java <<'JAVA'
import static org.apache.kafka.clients.admin.AlterConfigOp.OpType.*;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.config.ConfigResource;

class Lists {
  static final ConfigResource TOPIC = new ConfigResource(ConfigResource.Type.TOPIC, "topic");
  static final ConfigResource BROKERS = new ConfigResource(ConfigResource.Type.BROKER, "");
  static Admin admin;

  static String name(ConfigResource resource) {
    return resource == TOPIC ? "cleanup.policy" : "log.cleanup.policy";
  }

  /** What is set now. */
  static String value(ConfigResource resource) throws Exception {
    Thread.sleep(500); // until what was written is shown
    return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name(resource)).value();
  }

  static void alter(ConfigResource resource, AlterConfigOp.OpType operation, String value) throws Exception {
    String outcome;
    try {
      AlterConfigOp change = new AlterConfigOp(new ConfigEntry(name(resource), value), operation);
      admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
      outcome = "taken, now \"" + value(resource) + "\"";
    } catch (ExecutionException e) {
      outcome = e.getCause().getMessage();
    }
    System.out.println((resource == TOPIC ? "topic " : "broker ") + operation + " \"" + value + "\": " + outcome);
  }

  public static void main(String[] args) throws Exception {
    admin = Admin.create(Map.of("bootstrap.servers", args[0]));
    NewTopic topic = new NewTopic("topic", 1, (short) 1).configs(Map.of("cleanup.policy", "delete,delete"));
    admin.createTopics(List.of(topic)).all().get();
    System.out.println("topic created with \"delete,delete\": now \"" + value(TOPIC) + "\"");
    alter(TOPIC, SET, "delete,delete");
    alter(TOPIC, APPEND, "compact,compact");
    alter(TOPIC, SET, ",");
    alter(TOPIC, APPEND, ",");
    alter(TOPIC, APPEND, "");
    alter(BROKERS, SET, "delete");
    alter(BROKERS, SET, "delete,delete");
    alter(BROKERS, APPEND, "compact,compact");
    alter(BROKERS, APPEND, "delete");
    alter(BROKERS, SET, ",");
    alter(BROKERS, APPEND, ",");
    alter(BROKERS, APPEND, "");
    admin.close();
  }
}
JAVA
seen=$(java -cp 'libs/*' Lists.java "$bootstrap")
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
