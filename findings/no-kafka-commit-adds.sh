#!/usr/bin/env bash
# no-kafka's commitOffset takes the offset of the message that was worked on and commits the next, by adding one to the
# object that it is given. A caller that keeps the object and hands it in again, to try a commit again that failed or to
# repeat the last one, commits one message further each time: messages that nobody has seen are skipped.
#
# Versions: no-kafka 3.4.4, Apache Kafka 3.9.1 (Kafka 4 does not serve this client any more).
# Needs bash, Node 20 or newer, npm, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='read the messages 0 to 4, committed once: 5
the same object again: 6
and again: 7
the next member begins at: 7'

# One Kafka broker on free ports, with its data in the temporary folder.
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>3.9.1</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
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
num.partitions=1
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
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts no-kafka@3.4.4
cat > show.cjs <<'JS'
const { EARLIEST_OFFSET, GroupConsumer, Producer } = require('no-kafka');

const connectionString = process.argv[2];
const options = { connectionString, logger: { logLevel: 0 } };
const topic = 'topic';

/** A member of the group, and the first message that it is given. */
async function join() {
  const consumer = new GroupConsumer({ ...options, groupId: 'group', startingOffset: EARLIEST_OFFSET });
  const first = await new Promise((resolve, reject) => {
    const handler = async (messages) => resolve(messages[0].offset);
    consumer.init([{ subscriptions: [topic], handler }]).catch(reject);
  });
  return { consumer, first };
}

async function main() {
  const producer = new Producer(options);
  await producer.init();
  const messages = Array.from({ length: 10 }, (_, i) => ({ topic, partition: 0, message: { value: String(i) } }));
  for (const { error } of await producer.send(messages)) if (error) throw error;
  await producer.end();

  const { consumer } = await join();
  const done = { topic, partition: 0, offset: 4, metadata: '' };
  for (const when of ['read the messages 0 to 4, committed once', 'the same object again', 'and again']) {
    await consumer.commitOffset(done);
    const [{ offset }] = await consumer.fetchOffset({ topic, partition: 0 });
    console.log(`${when}: ${offset}`);
  }
  await consumer.end();
  const { first } = await join();
  console.log(`the next member begins at: ${first}`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
seen=$(node show.cjs "$bootstrap" 2> node.log) || { cat node.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
