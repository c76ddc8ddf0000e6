#!/usr/bin/env bash
# kafka-rust loses messages that are there: where an answer to its fetch holds messages that are not compressed and, behind
# them, compressed ones, it hands out the compressed ones alone. Nothing fails; the offset that it goes on from and commits
# lies behind both, so they are not read later either. A producer that is given a compression while the topic is in use is
# enough. The other way round, compressed ones first, all are read.
#
# Versions: kafka 0.10.0 (crates.io), Apache Kafka 3.9.1 (Kafka 4 does not serve this client any more).
# Needs bash, cargo 1.95, JDK 17, Maven.
# Seen 2026-12-01: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
broker=
finish() { [ -z "$broker" ] || { kill "$broker" && wait "$broker" || true; }; rm -rf "$work"; }
trap finish EXIT
cd "$work"

expected='3 with gzip, 3 without: 6 read, then 0
3 without, 3 with gzip: 3 read, then 0'

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
mkdir -p prog/src
cat > prog/Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"
[dependencies]
kafka = { version = "=0.10.0", default-features = false, features = ["gzip"] }
TOML
cat > prog/src/main.rs <<'RUST'
use kafka::client::{Compression, FetchOffset, GroupOffsetStorage, KafkaClient};
use kafka::consumer::Consumer;
use kafka::producer::{Producer, Record, RequiredAcks};
use std::{thread, time::Duration};

/// The topic is made when it is asked for; this waits until it is there and led.
fn create(host: &str, topic: &str) {
    let mut client = KafkaClient::new(vec![host.to_owned()]);
    loop {
        let _ = client.load_metadata(&[topic]);
        if client.fetch_offsets(&[topic], FetchOffset::Latest).is_ok_and(|offsets| offsets.contains_key(topic)) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn send(host: &str, topic: &str, compression: Compression) {
    let mut producer = Producer::from_hosts(vec![host.to_owned()])
        .with_required_acks(RequiredAcks::All)
        .with_compression(compression)
        .create()
        .unwrap();
    let value = "value ".repeat(50);
    let records: Vec<_> = (0..3).map(|_| Record::from_value(topic, value.as_bytes())).collect();
    for confirmed in producer.send_all(&records).unwrap() {
        for partition in confirmed.partition_confirms {
            partition.offset.unwrap();
        }
    }
}

/// Reads what is new to the group, and commits it.
fn read(host: &str, topic: &str) -> usize {
    let mut consumer = Consumer::from_hosts(vec![host.to_owned()])
        .with_topic(topic.to_owned())
        .with_group(topic.to_owned())
        .with_fallback_offset(FetchOffset::Earliest)
        .with_offset_storage(Some(GroupOffsetStorage::Kafka))
        .create()
        .unwrap();
    let (mut count, mut empty) = (0, 0);
    while empty < 3 {
        let sets = consumer.poll().unwrap();
        empty += sets.is_empty() as usize;
        for set in sets.iter() {
            count += set.messages().len();
            consumer.consume_messageset(set).unwrap();
        }
        consumer.commit_consumed().unwrap();
    }
    count
}

fn main() {
    let host = std::env::args().nth(1).unwrap();
    for (name, topic, order) in [
        ("3 with gzip, 3 without", "a", [Compression::GZIP, Compression::NONE]),
        ("3 without, 3 with gzip", "b", [Compression::NONE, Compression::GZIP]),
    ] {
        create(&host, topic);
        for compression in order {
            send(&host, topic, compression);
        }
        println!("{name}: {} read, then {}", read(&host, topic), read(&host, topic));
    }
}
RUST
(cd prog && cargo build -q) > cargo.log 2>&1 || { cat cargo.log; exit 2; }
seen=$(prog/target/debug/finding "$bootstrap")
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
