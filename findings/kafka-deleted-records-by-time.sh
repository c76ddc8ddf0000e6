#!/usr/bin/env bash
# DeleteRecords moves the start of a Kafka partition, and fetches respect it at once. Lookups by time only half do. The
# offset of the largest timestamp (OffsetSpec.max_timestamp) may be that of a deleted record, below the earliest offset that
# the same broker names; a consumer that goes there is out of range. It is answered even when every record is deleted. And
# a lookup of "the first record at or after this time" picks a segment by the largest timestamp that was ever in it, deleted
# records included; when what is left of that segment is older, the answer is that there is no such record, though the next
# segment has one.
#
# Versions: Apache Kafka 4.4.0, confluent-kafka 2.16.1. Needs bash, JDK 17, Maven, Python 3.11.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='records: offset 0 at 50 s, 1 at 10 s | 2 at 200 s
earliest 0, largest timestamp 2, first from 40 s 0, first from 60 s 2
offset 0 deleted
earliest 1, largest timestamp 2, first from 40 s -1, first from 60 s 2
all in one segment: offset 0 at 50 s, 1 at 10 s
earliest 0, largest timestamp 0, first from 40 s 0, first from 60 s -1
offset 0 deleted
earliest 1, largest timestamp 0, first from 40 s -1, first from 60 s -1
offset 1 deleted
earliest 2, largest timestamp 0, first from 40 s -1, first from 60 s -1'

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
cat > run.py <<'PY'
import sys
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

T = 1_700_000_000_000
bootstrap = {'bootstrap.servers': sys.argv[1]}
admin = AdminClient(bootstrap)

def produce(topic, *seconds):
    """One batch for each record. A record 60 s or more after the first of its segment begins another."""
    [created] = admin.create_topics([NewTopic(topic, 1, 1, config={'segment.ms': '60000'})]).values()
    created.result()
    producer = Producer(bootstrap)
    for second in seconds:
        producer.produce(topic, b'v', timestamp=T + second * 1000)
        assert producer.flush(30) == 0

def offset(topic, spec):
    [answer] = admin.list_offsets({TopicPartition(topic, 0): spec}).values()
    return answer.result().offset

def show(topic):
    print(f'earliest {offset(topic, OffsetSpec.earliest())},',
          f'largest timestamp {offset(topic, OffsetSpec.max_timestamp())},',
          f'first from 40 s {offset(topic, OffsetSpec.for_timestamp(T + 40_000))},',
          f'first from 60 s {offset(topic, OffsetSpec.for_timestamp(T + 60_000))}')

def delete(topic, number):
    [deleted] = admin.delete_records([TopicPartition(topic, 0, number + 1)]).values()
    assert deleted.result().low_watermark == number + 1
    print(f'offset {number} deleted')
    show(topic)

produce('two', 50, 10, 200)
print('records: offset 0 at 50 s, 1 at 10 s | 2 at 200 s')
show('two')
delete('two', 0)
produce('one', 50, 10)
print('all in one segment: offset 0 at 50 s, 1 at 10 s')
show('one')
delete('one', 0)
delete('one', 1)
PY
seen=$(venv/bin/python run.py "$bootstrap")
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
