#!/usr/bin/env bash
# @platformatic/kafka reads committed records only, by default, and filters what was aborted itself, as a client has to. It
# keeps one range of offsets for each producer and answer of the broker: when the answer names several aborted transactions
# of one producer, the last one counts, and the records of the others are delivered like any. And the range ends at the
# transaction's marker in the same answer: where that comes with a later one, because the transaction is larger than
# an answer or the consumer was given one batch at a time, nothing is filtered at all. Nothing tells aborted records from
# others then. A test in which a producer aborts once and little is read passes.
#
# kafkajs, which wrote them, reads the same records for comparison.
#
# Versions: @platformatic/kafka 2.12.1, kafkajs 2.2.4, Node 26.10.0, Apache Kafka 4.4.0. Needs bash, npm, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='one aborted transaction
  kafkajs: committed-1
  @platformatic/kafka: committed-1
three aborted transactions
  kafkajs: committed-1 committed-2 committed-3
  @platformatic/kafka: aborted-1 committed-1 aborted-2 committed-2 committed-3
one aborted transaction of three batches, read batch by batch
  kafkajs: committed-1
  @platformatic/kafka: aborted-1 aborted-1 aborted-1 committed-1'

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
import { Consumer, FetchIsolationLevels, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';

const bootstrap = process.argv[2];
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });

/** Aborts and commits so many transactions in turn, of one message and of so many batches each; `end` is the last message. */
async function write(topic, transactions, batches) {
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (let i = 1; i <= transactions; i++) {
    const aborted = await producer.transaction();
    for (let batch = 0; batch < batches; batch++) {
      await aborted.send({ topic, messages: [{ value: `aborted-${i}` }] });
    }
    await aborted.abort();
    const committed = await producer.transaction();
    await committed.send({ topic, messages: [{ value: `committed-${i}` }] });
    await committed.commit();
  }
  await producer.disconnect();
  const last = kafka.producer();
  await last.connect();
  await last.send({ topic, messages: [{ value: 'end' }] });
  await last.disconnect();
}

async function readByKafkajs(topic, maxBytes) {
  const consumer = kafka.consumer({ groupId: `${topic}-kafkajs`, readUncommitted: false, maxBytes, maxBytesPerPartition: maxBytes });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values = [];
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value.toString());
        if (values.at(-1) === 'end') resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
}

async function readByPlatformatic(topic, maxBytes) {
  const consumer = new Consumer({
    clientId: 'reader',
    groupId: `${topic}-platformatic`,
    bootstrapBrokers: [bootstrap],
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.EARLIEST,
    isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    autocommit: false,
    maxBytes,
    maxWaitTime: 500,
  });
  const values = [];
  for await (const message of stream) {
    values.push(message.value);
    if (message.value === 'end') break;
  }
  await consumer.close(true);
  return values;
}

const admin = kafka.admin();
await admin.connect();
async function compare(name, transactions, batches, maxBytes) {
  const topic = `${transactions}-${batches}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await write(topic, transactions, batches);
  console.log(name);
  console.log(`  kafkajs: ${(await readByKafkajs(topic, maxBytes)).slice(0, -1).join(' ')}`);
  console.log(`  @platformatic/kafka: ${(await readByPlatformatic(topic, maxBytes)).slice(0, -1).join(' ')}`);
}
await compare('one aborted transaction', 1, 1, 1_000_000);
await compare('three aborted transactions', 3, 1, 1_000_000);
await compare('one aborted transaction of three batches, read batch by batch', 1, 3, 1);
await admin.disconnect();
process.exit(0);
JS
seen=$(timeout 100 node_modules/.bin/node read.mjs "$bootstrap" 2> node.log) || { cat node.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
