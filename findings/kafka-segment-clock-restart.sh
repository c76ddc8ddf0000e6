#!/usr/bin/env bash
# segment.ms closes a segment by its age. For records with timestamps the age counts from the first record, across
# restarts. For records without one (-1, which librdkafka sends when told to, and Kafka stores as it is) it counts from
# when the broker process opened the segment: every restart sets it back to nothing. A topic without timestamps on a broker
# that restarts more often than segment.ms (seven days by default) never closes its segment by age, and compaction, which
# leaves the open segment alone, does not come to its records.
#
# Here two topics with segment.ms=10000 get a record each, and another 10 seconds and a restart later. Both segments are
# older than that by then; only the one with timestamps is closed. Without a restart, 12 seconds later, both are.
#
# Versions: Apache Kafka 4.4.0, confluent-kafka 2.16.1. Needs bash, JDK 17, Maven, Python 3.11.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='at first: 1 segment with timestamps, 1 without
10 seconds and a restart later: 2 segments with timestamps, 1 without
12 seconds later, no restart: 3 segments with timestamps, 2 without'

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
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check confluent-kafka==2.16.1
cat > produce.py <<'PY'
import sys, time
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, create = sys.argv[1], len(sys.argv) > 2
if create:
    admin = AdminClient({'bootstrap.servers': bootstrap})
    topics = [NewTopic(name, 1, 1, config={'segment.ms': '10000'}) for name in ('stamped', 'unstamped')]
    for done in admin.create_topics(topics).values():
        done.result()
producer = Producer({'bootstrap.servers': bootstrap})
delivered = []
for topic, timestamp in (('stamped', int(time.time() * 1000)), ('unstamped', -1)):
    producer.produce(topic, b'v', timestamp=timestamp, on_delivery=lambda error, _: delivered.append(error))
producer.flush()
assert delivered == [None, None], delivered
PY
segments() { ls data/"$1"-0/*.log | wc -l; }
show() {
  local stamped
  stamped=$(segments stamped)
  echo "$1: $stamped segment$([ "$stamped" = 1 ] || echo s) with timestamps, $(segments unstamped) without"
}

venv/bin/python produce.py "$bootstrap" create
seen=$(show 'at first')
sleep 10
kill "$broker"
wait "$broker" || true
start_kafka
venv/bin/python produce.py "$bootstrap"
seen+=$'\n'$(show '10 seconds and a restart later')
sleep 12
venv/bin/python produce.py "$bootstrap"
seen+=$'\n'$(show '12 seconds later, no restart')
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
