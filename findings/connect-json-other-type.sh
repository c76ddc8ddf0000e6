#!/usr/bin/env bash
# Kafka Connect's JsonConverter reads messages that carry a schema, and a sink has reason to believe that a field is what the
# schema says. Where the JSON has a value of another type, the converter makes one up: a string for a number is 0, whatever
# it says, all but true is false, and what is not a string is null as a string, which only a required field refuses. So an
# int64 written as a string, as Protobuf's mapping to JSON prescribes and programs in JavaScript do to keep all digits,
# arrives as 0: all records have the key 0, say. The task does not fail; errors.tolerance and the dead letter queue see
# nothing. Numbers that do not fit lose their upper bits, with a schema as without one (schemas.enable=false), where each
# whole number is an int64: of unsigned ids or hashes of 64 bits, half come out negative.
#
# Versions: Kafka Connect 4.4.0 (connect-json). Needs bash, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

expected='int64 "9007199254740993": 0
int64 true: 0
int64 18446744073709551615: -1
int64 {"low":1,"high":2}: 0
int32 3000000000: -1294967296
int32 1.9: 1
double "1.5": 0.0
boolean "true": false
boolean 1: false
string 1: refused
optional string 1: null
optional bytes 1: null
no schema 18446744073709551615: -1'

cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>connect</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory=libs
cat > OtherType.java <<'JAVA'
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;

class OtherType {
  static Object value(String message, boolean withSchema) {
    try (JsonConverter converter = new JsonConverter()) {
      converter.configure(Map.of("schemas.enable", withSchema), false);
      return converter.toConnectData("topic", message.getBytes(StandardCharsets.UTF_8)).value();
    }
  }

  static void read(String type, String json) {
    boolean optional = type.startsWith("optional ");
    String field = "{\"field\":\"f\",\"type\":\"" + type.replace("optional ", "") + "\",\"optional\":" + optional + "}";
    String schema = "{\"type\":\"struct\",\"fields\":[" + field + "]}";
    try {
      Struct struct = (Struct) value("{\"schema\":" + schema + ",\"payload\":{\"f\":" + json + "}}", true);
      System.out.println(type + " " + json + ": " + struct.get("f"));
    } catch (DataException e) {
      System.out.println(type + " " + json + ": refused");
    }
  }

  public static void main(String[] args) {
    read("int64", "\"9007199254740993\"");
    read("int64", "true");
    read("int64", "18446744073709551615");
    read("int64", "{\"low\":1,\"high\":2}");
    read("int32", "3000000000");
    read("int32", "1.9");
    read("double", "\"1.5\"");
    read("boolean", "\"true\"");
    read("boolean", "1");
    read("string", "1");
    read("optional string", "1");
    read("optional bytes", "1");
    System.out.println("no schema 18446744073709551615: " + value("18446744073709551615", false));
  }
}
JAVA
seen=$(java -cp 'libs/*' OtherType.java 2> java.log) || { cat java.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
