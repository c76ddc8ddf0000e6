#!/usr/bin/env bash
# The max timestamp in a record batch's header is what records are found by time with, and the natural reading is that the
# producer has filled it in. sarama 1.43.3 does not: every batch says -1, "no timestamp", over records that all have one.
# Nobody notices with Kafka, which works the field out from the records, writes it over and makes the checksum anew, so
# that even an uncompressed batch is not served as it was sent. Whatever trusts the header of a produced batch (a proxy, a
# broker that stores batches as they come, a tool that reads requests) finds no record of such a client by time. sarama
# fills it in since 1.45.1 (March 2025).
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
sent: first timestamp 1700000000000, max timestamp -1
served: first timestamp 1700000000000, max timestamp 1700000002000
sarama 1.61.1
sent: first timestamp 1700000000000, max timestamp 1700000002000
served: first timestamp 1700000000000, max timestamp 1700000002000'

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
// Sends three messages in one batch and prints the timestamps in its header: as sent, and as the broker serves it.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/IBM/sarama"
)

const (
	overhead       = 12 // bytes before the batch proper: base offset and length
	magicAt        = 16
	firstTimeAt    = 27
	maxTimeAt      = 35
	firstTimestamp = 1700000000000
)

// tap is a connection that shows the header of the record batch in what is written.
type tap struct{ net.Conn }

func (t tap) Write(request []byte) (int, error) {
	if bytes.Contains(request, []byte("sought")) {
		show("sent", request)
	}
	return t.Conn.Write(request)
}

// show looks for the batch that ends where the bytes end.
func show(name string, bytes []byte) {
	for at := 0; at+maxTimeAt+8 <= len(bytes); at++ {
		batch := bytes[at:]
		if batch[magicAt] == 2 && int(binary.BigEndian.Uint32(batch[8:]))+overhead == len(batch) {
			first, last := int64(binary.BigEndian.Uint64(batch[firstTimeAt:])), int64(binary.BigEndian.Uint64(batch[maxTimeAt:]))
			fmt.Printf("%s: first timestamp %d, max timestamp %d\n", name, first, last)
			return
		}
	}
	panic("no batch in the request")
}

type dialer struct{}

func (dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := net.Dial(network, address)
	return tap{conn}, err
}

func main() {
	topic := os.Args[2]
	config := sarama.NewConfig()
	config.Version = sarama.V2_1_0_0
	config.Net.Proxy.Enable = true
	config.Net.Proxy.Dialer = dialer{}
	config.Producer.Return.Successes = true
	config.Producer.Flush.Messages = 3
	config.Producer.Flush.Frequency = 10 * time.Second
	client, err := sarama.NewClient([]string{os.Args[1]}, config)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	producer, err := sarama.NewSyncProducerFromClient(client)
	if err != nil {
		panic(err)
	}
	defer producer.Close()
	var messages []*sarama.ProducerMessage
	for i := range 3 {
		at := time.UnixMilli(firstTimestamp + int64(i)*1000)
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder("sought"), Timestamp: at})
	}
	if err := producer.SendMessages(messages); err != nil {
		panic(err)
	}

	leader, err := client.Leader(topic, 0)
	if err != nil {
		panic(err)
	}
	fetch := &sarama.FetchRequest{Version: 10, MaxWaitTime: 5000, MinBytes: 1, MaxBytes: 1 << 20}
	fetch.AddBlock(topic, 0, 0, 1<<20, -1)
	fetched, err := leader.Fetch(fetch)
	if err != nil {
		panic(err)
	}
	batch := fetched.GetBlock(topic, 0).RecordsSet[0].RecordBatch
	fmt.Printf("served: first timestamp %d, max timestamp %d\n", batch.FirstTimestamp.UnixMilli(), batch.MaxTimestamp.UnixMilli())
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
