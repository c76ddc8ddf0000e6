#!/usr/bin/env bash
# Confluent's client for Python has a producer for asyncio, AIOProducer, which gathers messages and hands them on once a
# second or by the thousand. Its documentation names `timestamp` as a parameter of produce(), but what it hands on to does not
# take one, and that comes out at the hand-over, not at the call. Then all that was gathered is put back to be handed on
# again: the message that cannot go, and also those of other topics that went just before it. So each later flush() fails,
# sends those once more, and never reaches what was gathered behind. Their futures tell nothing of it: what goes out again
# and again was delivered long ago, and later messages for the topic fail with the error of another. Not even close() ends
# without. The hand-over once a second stops at the first such error, so that nothing goes out by itself any more. A value
# that is not bytes or text, as json.dumps() forgotten, does the same.
#
# Versions: confluent-kafka 2.16.1, Apache Kafka 4.4.0. Needs bash, JDK 17, Maven, Python 3.11.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='flush 1: NotImplementedError: Message timestamps are not currently supported in batch mode
flush 2: NotImplementedError: Message timestamps are not currently supported in batch mode
flush 3: NotImplementedError: Message timestamps are not currently supported in batch mode
order 1: delivered at offset 0
audit 1: NotImplementedError
audit 2: NotImplementedError
close: NotImplementedError: Message timestamps are not currently supported in batch mode
orders has: order 1, order 1, order 1, order 1
audits has: nothing'

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
java -cp 'libs/*' kafka.tools.StorageTool format -t "$(java -cp 'libs/*' kafka.tools.StorageTool random-uuid)" -c server.properties > format.log
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp 'libs/*' kafka.Kafka server.properties > kafka.log 2>&1 &
broker=$!
until (exec 3<> "/dev/tcp/${bootstrap/://}") 2> /dev/null; do
  kill -0 "$broker" 2> /dev/null || { cat kafka.log; exit 2; }
  sleep 0.2
done
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check confluent-kafka==2.16.1
cat > resend.py <<'PYTHON'
import asyncio, logging, os, sys
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.aio import AIOProducer

BOOTSTRAP = {'bootstrap.servers': sys.argv[1]}
logging.disable(logging.CRITICAL)


def records(topic):
    consumer = Consumer({**BOOTSTRAP, 'group.id': 'reader', 'enable.partition.eof': True})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = []
    while not (message := consumer.poll(20)).error():
        values.append(message.value().decode())
    consumer.close()
    return ', '.join(values)


async def outcome(name, delivered):
    try:
        print(f'{name}: delivered at offset {(await delivered).offset()}')
    except Exception as e:
        print(f'{name}: {type(e).__name__}')


async def attempt(name, action):
    try:
        await action
        print(f'{name} succeeds')
    except Exception as e:
        print(f'{name}: {type(e).__name__}: {e}')


async def produce():
    # The hand-over once a second is turned off, so that the number of times does not depend on how long this takes.
    producer = AIOProducer(BOOTSTRAP, buffer_timeout=0)
    order = await producer.produce('orders', 'order 1')
    audit = await producer.produce('audits', 'audit 1', timestamp=1_700_000_000_000)
    later = await producer.produce('audits', 'audit 2')
    for number in 1, 2, 3:
        await attempt(f'flush {number}', producer.flush())
    await producer.poll(5)
    await outcome('order 1', order)
    await outcome('audit 1', audit)
    await outcome('audit 2', later)
    await attempt('close', producer.close())
    await asyncio.sleep(2)


admin = AdminClient(BOOTSTRAP)
for created in admin.create_topics([NewTopic(topic, 1, 1) for topic in ('orders', 'audits')]).values():
    created.result()
asyncio.run(produce())
for topic in 'orders', 'audits':
    print(f'{topic} has: {records(topic) or "nothing"}')
sys.stdout.flush()
os._exit(0)
PYTHON
seen=$(timeout 90 venv/bin/python resend.py "$bootstrap" 2> python.log) || { cat python.log; exit 2; }
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
