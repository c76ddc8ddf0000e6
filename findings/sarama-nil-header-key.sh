#!/usr/bin/env bash
# Go treats a nil slice and an empty one alike; a record header of sarama does not. A header whose key is nil, as in the
# zero value `sarama.RecordHeader{}` or after `append([]byte(nil), key...)` of an empty key, is written with the key length
# -1, which the record format does not know: a header's key may be empty, never null. sarama reports nothing; the broker
# refuses the batch with INVALID_RECORD (87), and with it every other message that happened to share it; all get the same
# error. The same header with the key `[]byte{}` is stored.
#
# Versions: sarama 1.43.3 and 1.61.1, Apache Kafka 4.4.0. Needs bash, Go 1.26, JDK 17, Maven.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='sarama 1.43.3
key nil among three: 87 87 87
key empty among three: 0 0 0
sarama 1.61.1
key nil among three: 87 87 87
key empty among three: 0 0 0'

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
mkdir prog
cat > prog/main.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
)

// send sends three messages in one batch, the second with this header, and prints the error code of each (0: stored).
func send(name string, header sarama.RecordHeader) {
	config := sarama.NewConfig()
	config.Version = sarama.V2_1_0_0
	config.Producer.Return.Successes = true
	config.Producer.Flush.Messages = 3
	config.Producer.Flush.Frequency = 10 * time.Second
	producer, err := sarama.NewSyncProducer([]string{os.Args[1]}, config)
	if err != nil {
		panic(err)
	}
	defer producer.Close()
	var messages []*sarama.ProducerMessage
	for i := range 3 {
		messages = append(messages, &sarama.ProducerMessage{Topic: os.Args[2], Value: sarama.StringEncoder("v"), Metadata: i})
	}
	messages[1].Headers = []sarama.RecordHeader{header}
	codes := [3]int{}
	var failed sarama.ProducerErrors
	if err := producer.SendMessages(messages); err != nil && !errors.As(err, &failed) {
		panic(err)
	}
	for _, failure := range failed {
		var code sarama.KError
		if !errors.As(failure.Err, &code) {
			panic(failure.Err)
		}
		codes[failure.Msg.Metadata.(int)] = int(code)
	}
	fmt.Println(name, "among three:", codes[0], codes[1], codes[2])
}

func main() {
	send("key nil", sarama.RecordHeader{})
	send("key empty", sarama.RecordHeader{Key: []byte{}})
}
GO
seen=$(
  for version in 1.43.3 1.61.1; do
    rm -f prog/go.mod prog/go.sum
    (cd prog && go mod init finding && go get "github.com/IBM/sarama@v$version" && go build -o main .) > go.log 2>&1 \
      || { cat go.log >&2; exit 2; }
    echo "sarama $version"
    prog/main "$bootstrap" "topic-$version"
  done
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
