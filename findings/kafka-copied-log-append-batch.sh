#!/usr/bin/env bash
# A record batch fetched from a topic with message.timestamp.type=LogAppendTime says so in its attributes and carries the
# append time as its max timestamp; the records inside keep what the producer gave them. A mirror that passes fetched
# batches on as they are, to a topic with CreateTime, is taken at its word by half: Kafka 4.4.0 stores the batch as
# CreateTime, so consumers see the producer's timestamps, but leaves the append time as max timestamp in its header, though
# it corrects a wrong one in any other batch. No record has that timestamp: the offset of the largest timestamp
# (OffsetSpec.max_timestamp) is answered with -1, as if the partition were empty, and stays so until a record
# with a later timestamp comes.
#
# Versions: Apache Kafka 4.4.0, sarama 1.61.1 (copies the batch), confluent-kafka 2.16.1 (asks).
# Needs bash, JDK 17, Maven, Go 1.26, Python 3.11.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='produced: consumers see 1700000000000, 1700000001000; largest at offset 1 with 1700000001000
copied: consumers see 1700000000000, 1700000001000; largest at offset -1 with -1
copied, and one more: consumers see 1700000000000, 1700000001000, 1700000002000; largest at offset -1 with -1'

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
mkdir prog
cat > prog/main.go <<'GO'
// Copies the first batch of the topic "source" to the topic "copied".
package main

import (
	"os"

	"github.com/IBM/sarama"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	config := sarama.NewConfig()
	config.Version = sarama.V2_1_0_0
	client := must(sarama.NewClient([]string{os.Args[1]}, config))
	defer client.Close()

	fetch := &sarama.FetchRequest{Version: 10, MaxWaitTime: 5000, MinBytes: 1, MaxBytes: 1 << 20}
	fetch.AddBlock("source", 0, 0, 1<<20, -1)
	fetched := must(must(client.Leader("source", 0)).Fetch(fetch))
	batch := fetched.GetBlock("source", 0).RecordsSet[0].RecordBatch
	if !batch.LogAppendTime {
		panic("the batch does not say LogAppendTime")
	}

	produce := &sarama.ProduceRequest{Version: 7, RequiredAcks: sarama.WaitForAll, Timeout: 5000}
	produce.AddBatch("copied", 0, batch)
	answer := must(must(client.Leader("copied", 0)).Produce(produce))
	if code := answer.GetBlock("copied", 0).Err; code != sarama.ErrNoError {
		panic(code)
	}
}
GO
(cd prog && go mod init finding && go get github.com/IBM/sarama@v1.61.1 && go build -o main .) > go.log 2>&1 || { cat go.log; exit 2; }
cat > run.py <<'PY'
import subprocess, sys
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

bootstrap = sys.argv[1]
admin = AdminClient({'bootstrap.servers': bootstrap})
appended = {'message.timestamp.type': 'LogAppendTime'}
topics = [NewTopic('source', 1, 1, config=appended), NewTopic('produced', 1, 1), NewTopic('copied', 1, 1)]
for done in admin.create_topics(topics).values():
    done.result()

def produce(topic, *seconds):
    producer = Producer({'bootstrap.servers': bootstrap, 'linger.ms': 500})
    for second in seconds:
        producer.produce(topic, b'v', timestamp=1_700_000_000_000 + second * 1000)
    assert producer.flush(30) == 0

def show(name, topic, count):
    consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': 'g', 'enable.auto.commit': False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    times = ', '.join(str(message.timestamp()[1]) for message in consumer.consume(count, 30))
    consumer.close()
    [answer] = admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.max_timestamp()}).values()
    largest = answer.result()
    print(f'{name}: consumers see {times}; largest at offset {largest.offset} with {largest.timestamp}')

produce('source', 0, 1)
produce('produced', 0, 1)
show('produced', 'produced', 2)
subprocess.run(['prog/main', bootstrap], check=True)
show('copied', 'copied', 2)
produce('copied', 2)
show('copied, and one more', 'copied', 3)
PY
seen=$(venv/bin/python run.py "$bootstrap")
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
