#!/usr/bin/env bash
# kafka-go's Transport has MetadataTTL, "how long metadata is cached". It is the time limit of the request for them as well:
# a broker that needs longer than that, or that is further away, is never heard. What is asked then does not fail with a
# timeout either: requests for a certain broker get "Broker Not Available", before any of them has been sent, and only
# those for metadata say that time ran out. DialTimeout and the context's deadline, both much longer, change nothing.
#
# Versions: segmentio/kafka-go 0.4.51, Apache Kafka 4.4.0, 150 ms away by a proxy in the program.
# Needs bash, Go 1.26, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='MetadataTTL 5s, Metadata: 1 topic
MetadataTTL 5s, DescribeConfigs: 1 resource
MetadataTTL 100ms, Metadata: a timeout
MetadataTTL 100ms, DescribeConfigs: Broker Not Available'

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
// Asks two things of a broker that is some way off, with a long and with a short life of metadata.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
)

const distance = 150 * time.Millisecond

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// later copies each piece after the distance, in order.
func later(to io.Writer, from io.Reader) {
	type piece struct {
		bytes []byte
		due   time.Time
	}
	pieces := make(chan piece, 1000)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 64<<10)
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			pieces <- piece{buffer[:n], time.Now().Add(distance)}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.bytes); err != nil {
			return
		}
	}
}

// dial connects to the broker, whose answers take the distance more.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	go func() { io.Copy(conn, far); conn.Close() }()
	go func() { later(far, conn); far.Close() }()
	return near, nil
}

// outcome names what happened in a few words.
func outcome(what string, count int, err error) string {
	var code kafka.Error
	var late net.Error
	switch {
	case errors.As(err, &code):
		return code.Title()
	case errors.As(err, &late) && late.Timeout():
		return "a timeout"
	case err != nil:
		return err.Error()
	}
	return fmt.Sprint(count, " ", what)
}

func main() {
	plain := &kafka.Client{Addr: kafka.TCP(os.Args[1])}
	must(plain.CreateTopics(context.Background(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "t", NumPartitions: 1, ReplicationFactor: 1}}}))
	for _, life := range []time.Duration{5 * time.Second, 100 * time.Millisecond} {
		ask := func(question func(*kafka.Client, context.Context) string) string {
			transport := &kafka.Transport{MetadataTTL: life, DialTimeout: 10 * time.Second, Dial: dial}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			return question(&kafka.Client{Addr: kafka.TCP(os.Args[1]), Timeout: 20 * time.Second, Transport: transport}, ctx)
		}
		metadata := ask(func(client *kafka.Client, ctx context.Context) string {
			response, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{"t"}})
			if err != nil {
				return outcome("", 0, err)
			}
			return outcome("topic", len(response.Topics), nil)
		})
		configs := ask(func(client *kafka.Client, ctx context.Context) string {
			response, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{
				Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: "t"}}})
			if err != nil {
				return outcome("", 0, err)
			}
			return outcome("resource", len(response.Resources), nil)
		})
		fmt.Printf("MetadataTTL %s, Metadata: %s\nMetadataTTL %s, DescribeConfigs: %s\n", life, metadata, life, configs)
	}
}
GO
(cd prog && go mod init finding && go get github.com/segmentio/kafka-go@v0.4.51 && go build -o main .) > go.log 2>&1 || { cat go.log; exit 2; }
seen=$(prog/main "$bootstrap")
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
