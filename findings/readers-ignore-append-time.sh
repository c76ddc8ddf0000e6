#!/usr/bin/env bash
# message.timestamp.type=LogAppendTime is set on topics whose producers' clocks are not to count: a record's time is when the
# broker appended it. The broker cannot write that into the records, which may be compressed; it sets a bit in the batch
# and puts the time into the header, as the largest timestamp, and leaves to the reader to prefer it. Some readers do not
# look at the bit. segmentio/kafka-go and @platformatic/kafka give the producer's time, as if the topic had no such setting,
# while kafkajs, librdkafka and kafka-clients give the broker's, and the broker itself looks up by it. What these two
# measure, expire or copy by a message's time goes by the clock that the setting is there to keep out.
#
# Versions: segmentio/kafka-go 0.4.51, @platformatic/kafka 2.12.1, kafkajs 2.2.4, Node 26.10.0, Apache Kafka 4.4.0.
# Needs bash, Go 1.26, npm, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='kafkajs: of today
@platformatic/kafka: of 2001
segmentio/kafka-go: of 2001'

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
group.initial.rebalance.delay.ms=0
SETTINGS
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
npm init -y > /dev/null
npm install --silent --no-audit --no-fund node@26.10.0 kafkajs@2.2.4 @platformatic/kafka@2.12.1
mkdir prog
cat > prog/main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
)

func main() {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{os.Args[1]}, Topic: "topic"})
	message, err := reader.ReadMessage(context.Background())
	if err != nil {
		panic(err)
	}
	when := fmt.Sprint(message.Time.UTC().Year())
	if time.Since(message.Time) < time.Hour {
		when = "today"
	}
	fmt.Println("segmentio/kafka-go: of", when)
}
GO
(cd prog && go mod init finding && go get github.com/segmentio/kafka-go@v0.4.51 && go build -o main .) > go.log 2>&1 || { cat go.log; exit 2; }
cat > read.mjs <<'JS'
import { Consumer, MessagesStreamModes } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';

const bootstrap = process.argv[2];
const topic = 'topic';
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });

function show(reader, timestamp) {
  const when = Date.now() - timestamp < 3_600_000 ? 'today' : new Date(timestamp).getUTCFullYear();
  console.log(`${reader}: of ${when}`);
}

const admin = kafka.admin();
await admin.connect();
const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
await admin.disconnect();

const producer = kafka.producer();
await producer.connect();
await producer.send({ topic, messages: [{ value: 'v', timestamp: String(Date.UTC(2001, 0, 1)) }] });
await producer.disconnect();

const first = kafka.consumer({ groupId: 'first' });
await first.connect();
await first.subscribe({ topic, fromBeginning: true });
await new Promise((resolve) => {
  first.run({
    eachMessage: async ({ message }) => {
      show('kafkajs', Number(message.timestamp));
      resolve();
    },
  });
});
await first.disconnect();

const second = new Consumer({ clientId: 'second', groupId: 'second', bootstrapBrokers: [bootstrap] });
const stream = await second.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
for await (const message of stream) {
  show('@platformatic/kafka', Number(message.timestamp));
  break;
}
await second.close(true);
process.exit(0);
JS
seen=$(
  timeout 60 node_modules/.bin/node read.mjs "$bootstrap" 2> node.log || { cat node.log >&2; exit 2; }
  timeout 60 prog/main "$bootstrap"
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
