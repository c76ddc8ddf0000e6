#!/usr/bin/env bash
# Every transaction ends with a marker in each of its partitions, and the marker has an offset and a timestamp, that of the
# moment. Kafka's lookups by time find it as if it were a record. A partition that a transaction filled with records of the
# past has its largest timestamp (OffsetSpec.max_timestamp) at an offset where no consumer will ever be given a record, and
# a lookup from any time after the last record, up to the end of the transaction, leads there too. What an aborted
# transaction wrote is found as well, even when asked with isolation level read_committed. A tool that reads "the newest
# record" by such an answer waits for one that does not exist.
#
# Versions: Apache Kafka 4.4.0, confluent-kafka 2.16.1. Needs bash, JDK 17, Maven, Python 3.11.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='committed: offsets of records [0, 1, 2]; largest timestamp at 3, first from 1 s at 1, first from 3 s at 3
aborted: offsets of records []; largest timestamp at 3, first from 1 s at 1, first from 3 s at 3'

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
import sys, time
from confluent_kafka import Consumer, IsolationLevel, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

T = 1_700_000_000_000
bootstrap = {'bootstrap.servers': sys.argv[1]}
admin = AdminClient(bootstrap)

def offset(topic, spec):
    committed = {'isolation_level': IsolationLevel.READ_COMMITTED}
    [answer] = admin.list_offsets({TopicPartition(topic, 0): spec}, **committed).values()
    return answer.result().offset

def read(topic):
    """The offsets of all records that a consumer gets."""
    settings = {'group.id': 'g', 'enable.auto.commit': False, 'isolation.level': 'read_committed', 'enable.partition.eof': True}
    consumer = Consumer(bootstrap | settings)
    consumer.assign([TopicPartition(topic, 0, 0)])
    offsets = []
    while True:
        message = consumer.poll(1)
        if message and not message.error():
            offsets.append(message.offset())
        elif message and message.error().code() == KafkaError._PARTITION_EOF:
            consumer.close()
            return offsets

def show(topic, end):
    """Writes records of 0, 1 and 2 s in a transaction and ends it; shows what is found by time."""
    [created] = admin.create_topics([NewTopic(topic, 1, 1)]).values()
    created.result()
    producer = Producer(bootstrap | {'transactional.id': topic})
    producer.init_transactions()
    producer.begin_transaction()
    for second in range(3):
        producer.produce(topic, b'v', timestamp=T + second * 1000)
    assert producer.flush(30) == 0
    end(producer)
    while offset(topic, OffsetSpec.latest()) < 4:  # the marker is written soon after
        time.sleep(0.1)
    print(f'{topic}: offsets of records {read(topic)}; largest timestamp at {offset(topic, OffsetSpec.max_timestamp())},',
          f'first from 1 s at {offset(topic, OffsetSpec.for_timestamp(T + 1000))},',
          f'first from 3 s at {offset(topic, OffsetSpec.for_timestamp(T + 3000))}')

show('committed', Producer.commit_transaction)
show('aborted', Producer.abort_transaction)
PY
seen=$(venv/bin/python run.py "$bootstrap" 2> run.log) || { cat run.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
