#!/usr/bin/env bash
# kafka-configs.sh and the Java AdminClient take a broker, or (KIP-919) a controller by --bootstrap-controller and
# bootstrap.controllers. One would think that it makes no difference to a setting of a broker whom it is sent to, as a broker
# passes it on to the controller. It does: only the broker looks at values. What it refuses, letters for a number, a number
# out of bounds, a setting that cannot change while a broker runs, the controller stores and answers with success. The value
# is not in force then: the broker logs that it ignores it, and shows nothing of it when it is described, so who set it is
# told that all is well by the one and nothing by the other. (Apache's KAFKA-19931 is about the difference, and open.)
#
# Versions: Apache Kafka 4.4.0, one node that is broker and controller, and its own clients. Needs bash, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='log.retention.ms=abc by the broker: InvalidRequestException
log.retention.ms=abc by the controller: stored
log.cleaner.threads=-5 by the broker: InvalidRequestException
log.cleaner.threads=-5 by the controller: stored
node.id=7 by the broker: InvalidRequestException
node.id=7 by the controller: stored
described: log.cleaner.threads=1 log.retention.ms=null node.id=1'

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
cat > Unseen.java <<'JAVA'
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.config.ConfigResource;

class Unseen {
  static final ConfigResource NODE = new ConfigResource(ConfigResource.Type.BROKER, "1");

  static String set(Admin admin, String name, String value) throws Exception {
    var change = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    try {
      admin.incrementalAlterConfigs(Map.of(NODE, List.of(change))).all().get();
      return "stored";
    } catch (ExecutionException refused) {
      return refused.getCause().getClass().getSimpleName();
    }
  }

  public static void main(String[] args) throws Exception {
    try (Admin broker = Admin.create(Map.of("bootstrap.servers", args[0]));
        Admin controller = Admin.create(Map.of("bootstrap.controllers", args[1]))) {
      for (var setting : List.of(List.of("log.retention.ms", "abc"), List.of("log.cleaner.threads", "-5"), List.of("node.id", "7"))) {
        String name = setting.get(0), value = setting.get(1);
        System.out.println(name + "=" + value + " by the broker: " + set(broker, name, value));
        System.out.println(name + "=" + value + " by the controller: " + set(controller, name, value));
      }
      // What is stored reaches the broker in its order, and this one is shown.
      set(broker, "log.cleaner.backoff.ms", "14000");
      Config shown;
      do {
        Thread.sleep(100);
        shown = broker.describeConfigs(List.of(NODE)).all().get().get(NODE);
      } while (!shown.get("log.cleaner.backoff.ms").value().equals("14000"));
      var line = new StringBuilder("described:");
      for (String name : List.of("log.cleaner.threads", "log.retention.ms", "node.id")) line.append(" " + name + "=" + shown.get(name).value());
      System.out.println(line);
    }
  }
}
JAVA
seen=$(timeout 120 java -cp 'libs/*' Unseen.java "$bootstrap" "$controller" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
