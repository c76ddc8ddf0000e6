#!/usr/bin/env bash
# A record whose key is four zero bytes, which is the number 0 as Java's IntegerSerializer writes it, looks to kafkajs like
# the end of an aborted transaction. The marker that Kafka puts there has a key of a version and a type, both 0 for an
# abort, and kafkajs goes by the key alone, though its batch says that it is no control batch. In an aborted transaction
# it delivers that record and all that follow it, as if they had been committed; those before it are held back. Of the
# customers, rooms or machines that have such keys, the one with number 0 decides whether what was aborted is seen.
#
# Below, three messages with the keys 1, 0 and 2 are sent in a transaction that is aborted, and one in another that is not.
# @platformatic/kafka reads the same records for comparison.
#
# Versions: kafkajs 2.2.4, @platformatic/kafka 2.12.1, Node 26.10.0, Apache Kafka 4.4.0. Needs bash, npm, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='@platformatic/kafka: 3 (committed)
kafkajs: 0 (aborted), 2 (aborted), 3 (committed)'

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
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
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
cat > read.mjs <<'JS'
import { Consumer, FetchIsolationLevels, MessagesStreamModes } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';

const bootstrap = process.argv[2];
const topic = 'topic';
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });

/** A message with the key as a Java client has it from IntegerSerializer. */
function message(number, value) {
  const key = Buffer.alloc(4);
  key.writeInt32BE(number);
  return { key, value };
}

function show({ key, value }) {
  return `${key.readInt32BE()} (${value})`;
}

const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
await admin.disconnect();

const producer = kafka.producer({ transactionalId: 'transactions', idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
const aborted = await producer.transaction();
await aborted.send({ topic, messages: [1, 0, 2].map((number) => message(number, 'aborted')) });
await aborted.abort();
const committed = await producer.transaction();
await committed.send({ topic, messages: [message(3, 'committed')] });
await committed.commit();
await producer.disconnect();

const first = new Consumer({ clientId: 'first', groupId: 'first', bootstrapBrokers: [bootstrap] });
const isolationLevel = FetchIsolationLevels.READ_COMMITTED;
const stream = await first.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, isolationLevel, autocommit: false });
const byPlatformatic = [];
for await (const read of stream) {
  byPlatformatic.push(show(read));
  if (String(read.value) === 'committed') break;
}
await first.close(true);
console.log(`@platformatic/kafka: ${byPlatformatic.join(', ')}`);

const second = kafka.consumer({ groupId: 'second', readUncommitted: false });
await second.connect();
await second.subscribe({ topic, fromBeginning: true });
const byKafkajs = [];
await new Promise((resolve) => {
  second.run({
    eachMessage: async ({ message: read }) => {
      byKafkajs.push(show(read));
      if (String(read.value) === 'committed') resolve();
    },
  });
});
await second.disconnect();
console.log(`kafkajs: ${byKafkajs.join(', ')}`);
process.exit(0);
JS
seen=$(timeout 60 node_modules/.bin/node read.mjs "$bootstrap" 2> node.log) || { cat node.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
