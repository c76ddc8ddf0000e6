#!/usr/bin/env bash
# Kafka Connect stores the offset of a source by the bytes of its partition as JSON, in the order that the connector's map
# has. What its REST interface reads, alters and resets (KIP-875) goes through a HashMap first. Where the connector builds
# partitions with a map of another order (a LinkedHashMap as here, a TreeMap, Guava's, Map.of, which changes from one start
# to the next), that is another key. The offsets are shown as null, though the connector continues from them. Altering them
# answers 200 and shows the new ones from then on, and the connector goes on from the old ones. Resetting them answers 200
# and resets nothing. The same connector with a HashMap does as told. How one writes the partition in the request makes no
# difference, and nothing in the API of connectors says that the order counts: its maps are equal.
#
# Versions: Kafka Connect (standalone) and Apache Kafka 4.4.0. Needs bash, JDK 17, Maven. The connector below counts to 5.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker= worker=
finish() {
  for process in $worker $broker; do kill "$process" && wait "$process" || true; done
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

expected='HashMap: counted to 5; offsets shown {"at":5}
HashMap: altered to 2 (200); offsets shown {"at":2}; resumed at 2
HashMap: reset (200); resumed at 0
LinkedHashMap: counted to 5; offsets shown null
LinkedHashMap: altered to 2 (200); offsets shown {"at":2}; resumed at 5
LinkedHashMap: reset (200); resumed at 5'

# One Kafka broker on free ports, with its data in the temporary folder.
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-runtime</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId><version>4.4.0</version></dependency>
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
mkdir -p source plugin/META-INF/services
cat > source/Count.java <<'JAVA'
package finding;

import java.io.*;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.*;

/** Counts to 5, from its offset on; tells in a file where it starts and when it is through. */
public class Count extends SourceConnector {
  private Map<String, String> settings;

  @Override
  public void start(Map<String, String> given) {
    settings = given;
  }

  @Override
  public Class<? extends Task> taskClass() {
    return Counting.class;
  }

  @Override
  public List<Map<String, String>> taskConfigs(int most) {
    return List.of(settings);
  }

  @Override
  public void stop() {}

  @Override
  public ConfigDef config() {
    return new ConfigDef();
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public boolean alterOffsets(Map<String, String> config, Map<Map<String, ?>, Map<String, ?>> offsets) {
    return true;
  }

  public static class Counting extends SourceTask {
    private Map<String, String> settings;
    private Map<String, Object> partition;
    private long at;
    private boolean told;

    @Override
    public void start(Map<String, String> given) {
      settings = given;
      partition = given.get("map").equals("HashMap") ? new HashMap<>() : new LinkedHashMap<>();
      partition.put("host", "somewhere");
      partition.put("path", "some/thing");
      Map<String, Object> offset = context.offsetStorageReader().offset(partition);
      at = offset == null ? 0 : (Long) offset.get("at");
      tell("at " + at);
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
      if (at < 5) {
        at++;
        return List.of(new SourceRecord(partition, Map.of("at", at), "counted", Schema.STRING_SCHEMA, "" + at));
      }
      Thread.sleep(50);
      if (!told) tell("through");
      told = true;
      return null;
    }

    private void tell(String line) {
      try {
        Files.writeString(Path.of(settings.get("file")), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    @Override
    public void stop() {}

    @Override
    public String version() {
      return "1";
    }
  }
}
JAVA
echo finding.Count > plugin/META-INF/services/org.apache.kafka.connect.source.SourceConnector
javac -cp 'libs/*' -d plugin source/Count.java
rest=127.0.0.1:$(free_port)
cat > worker.properties <<SETTINGS
bootstrap.servers=$bootstrap
listeners=http://$rest
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename=$work/offsets
plugin.discovery=service_load
SETTINGS
java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*:plugin' org.apache.kafka.connect.cli.ConnectStandalone worker.properties > worker.log 2>&1 &
worker=$!
cat > Ask.java <<'JAVA'
import com.fasterxml.jackson.databind.*;
import java.io.IOException;
import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.Callable;

class Ask {
  static final HttpClient http = HttpClient.newHttpClient();
  static final ObjectMapper json = new ObjectMapper();
  static String rest;
  static int status;

  static JsonNode ask(String method, String path, String body) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://" + rest + path))
        .header("Content-Type", "application/json")
        .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
    var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    status = answer.statusCode();
    return answer.body().isEmpty() ? json.nullNode() : json.readTree(answer.body());
  }

  static void await(Callable<Boolean> done) throws Exception {
    while (!done.call()) Thread.sleep(50);
  }

  static List<String> told(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  static String shown(String connector) throws Exception {
    JsonNode offsets = ask("GET", "/connectors/" + connector + "/offsets", "").get("offsets");
    return offsets.get(0).get("offset").toString();
  }

  static void stop(String connector, Path file) throws Exception {
    await(() -> told(file).contains("through"));
    ask("PUT", "/connectors/" + connector + "/stop", "");
    await(() -> {
      JsonNode state = ask("GET", "/connectors/" + connector + "/status", "");
      return state.at("/connector/state").asText().equals("STOPPED") && state.get("tasks").isEmpty();
    });
    Files.delete(file);
  }

  static String resume(String connector, Path file) throws Exception {
    ask("PUT", "/connectors/" + connector + "/resume", "");
    await(() -> told(file).size() > 0);
    return told(file).get(0);
  }

  static void show(String map) throws Exception {
    Path file = Path.of(map + ".txt").toAbsolutePath();
    ask("POST", "/connectors", json.writeValueAsString(Map.of("name", map, "config",
        Map.of("connector.class", "finding.Count", "tasks.max", "1", "map", map, "file", file.toString()))));
    if (status != 201) throw new IllegalStateException("created: " + status);
    stop(map, file);
    System.out.println(map + ": counted to 5; offsets shown " + shown(map));

    String offsets = "/connectors/" + map + "/offsets";
    ask("PATCH", offsets,
        "{\"offsets\":[{\"partition\":{\"host\":\"somewhere\",\"path\":\"some/thing\"},\"offset\":{\"at\":2}}]}");
    int altered = status;
    String then = shown(map);
    System.out.println(map + ": altered to 2 (" + altered + "); offsets shown " + then + "; resumed " + resume(map, file));
    stop(map, file);

    ask("DELETE", offsets, "");
    System.out.println(map + ": reset (" + status + "); resumed " + resume(map, file));
  }

  public static void main(String[] args) throws Exception {
    rest = args[0];
    await(() -> {
      try {
        ask("GET", "/connectors", "");
        return status == 200;
      } catch (IOException notYet) {
        return false;
      }
    });
    for (String map : List.of("HashMap", "LinkedHashMap")) show(map);
  }
}
JAVA
seen=$(timeout 90 java -cp 'libs/*' Ask.java "$rest" 2> ask.log) || { cat worker.log ask.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
