#!/usr/bin/env bash
# A record's value may be null or empty, and the difference matters: on a compacted topic null deletes the key, empty is a
# value. segmentio/kafka-go keeps the two apart when it writes (nil, []byte{}), and everyone else reads them so; its own
# Reader gives nil for both, and the same for keys and for the values of headers. A program that copies a topic with it,
# message by message as they come, turns every empty value into a deletion.
#
# Versions: segmentio/kafka-go 0.4.51, confluent-kafka 2.16.1 (the other reader), Apache Kafka 4.4.0.
# Needs bash, Go 1.26, JDK 17, Maven, Python 3.11.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='confluent-kafka, original: value null, value empty
kafka-go, original: value null, value null
confluent-kafka, copied with kafka-go: value null, value null'

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
cat > tool.py <<'PY'
import sys
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, command, topic = {'bootstrap.servers': sys.argv[1]}, sys.argv[2], sys.argv[3]
if command == 'create':
    admin = AdminClient(bootstrap)
    [created] = admin.create_topics([NewTopic(topic, 1, 1)]).values()
    created.result()
else:
    consumer = Consumer(bootstrap | {'group.id': 'g'})
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages = consumer.consume(2, 30)
    consumer.close()
    print(', '.join('value ' + {None: 'null', b'': 'empty'}[message.value()] for message in messages))
PY
mkdir prog
cat > prog/main.go <<'GO'
// Writes a null and an empty value to "original"; copies to "copied" what it reads there.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/segmentio/kafka-go"
)

func name(value []byte) string {
	if value == nil {
		return "value null"
	}
	return "value empty"
}

func main() {
	ctx, bootstrap := context.Background(), os.Args[1]
	write := func(topic string, messages ...kafka.Message) {
		writer := &kafka.Writer{Addr: kafka.TCP(bootstrap), Topic: topic, BatchSize: len(messages)}
		if err := writer.WriteMessages(ctx, messages...); err != nil {
			panic(err)
		}
	}
	write("original", kafka.Message{Key: []byte("k")}, kafka.Message{Key: []byte("k"), Value: []byte{}})
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: "original"})
	var copied []kafka.Message
	for range 2 {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			panic(err)
		}
		copied = append(copied, kafka.Message{Key: message.Key, Value: message.Value})
	}
	fmt.Printf("%s, %s\n", name(copied[0].Value), name(copied[1].Value))
	write("copied", copied...)
}
GO
(cd prog && go mod init finding && go get github.com/segmentio/kafka-go@v0.4.51 && go build -o main .) > go.log 2>&1 || { cat go.log; exit 2; }
venv/bin/python tool.py "$bootstrap" create original
venv/bin/python tool.py "$bootstrap" create copied
read_by_kafka_go=$(prog/main "$bootstrap")
seen=$(
  echo "confluent-kafka, original: $(venv/bin/python tool.py "$bootstrap" read original)"
  echo "kafka-go, original: $read_by_kafka_go"
  echo "confluent-kafka, copied with kafka-go: $(venv/bin/python tool.py "$bootstrap" read copied)"
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
