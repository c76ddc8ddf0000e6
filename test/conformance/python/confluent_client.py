"""The conformance scenarios through confluent-kafka (librdkafka)."""

import functools
import time
import uuid

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType
from scenario_runner import SECURITY, check_per_key_order, compressible_values, equal, eventually, main, sizes_records

SECURED = SECURITY.get("librdkafka", {})


@functools.cache  # an operation ends with its client
def admin(bootstrap):
    return AdminClient({"bootstrap.servers": bootstrap, **SECURED})


def create(bootstrap, topic, partitions=1, config=None):
    futures = admin(bootstrap).create_topics([NewTopic(topic, partitions, 1, config=config or {})])
    futures[topic].result(60)


def produce(bootstrap, topic, records, **config):
    """records: dicts of produce() arguments."""
    errors = []
    settings = {"bootstrap.servers": bootstrap, **SECURED, "acks": "all", "message.max.bytes": 4194304, "linger.ms": 5}
    producer = Producer({**settings, **config})
    for record in records:
        producer.produce(topic, on_delivery=lambda error, _: errors.append(error) if error else None, **record)
        producer.poll(0)
    equal(producer.flush(90), 0, "records left in the queue")
    equal(errors, [], "delivery errors")


def consumer(bootstrap, group, **config):
    settings = {
        "bootstrap.servers": bootstrap,
        **SECURED,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 30000,
        "heartbeat.interval.ms": 300,
        "fetch.wait.max.ms": 100,
        "topic.metadata.refresh.interval.ms": 1000,
    }
    return Consumer({**settings, **config})


def read(bootstrap, topic, count):
    reader = consumer(bootstrap, f"{topic}-reader-{uuid.uuid4()}")
    reader.subscribe([topic])
    messages = []

    def poll():
        message = reader.poll(0.2)
        if message is not None:
            if message.error():
                raise AssertionError(str(message.error()))
            messages.append(message)
        return len(messages) >= count

    eventually(f"{count} records of {topic}", poll)
    reader.close()
    equal(len(messages), count, "records")
    return messages


def create_topics(bootstrap, prefix):
    create(bootstrap, f"{prefix}-a")
    create(bootstrap, f"{prefix}-b", 3, {"max.message.bytes": "4194304"})
    try:
        create(bootstrap, f"{prefix}-a")
        raise AssertionError("an existing topic was created again")
    except Exception as error:  # noqa: BLE001
        equal(error.args[0].code(), KafkaError.TOPIC_ALREADY_EXISTS)
    topics = admin(bootstrap).list_topics(timeout=60).topics
    equal([len(topics[f"{prefix}-{name}"].partitions) for name in "ab"], [1, 3], "partitions")
    return "two topics"


def keyed_and_headed(bootstrap, prefix):
    topic = f"{prefix}-a"
    wanted = [(f"key-{i}", f"value-{i}", [("first", f"h{i}".encode()), ("empty", b"")]) for i in range(10)]
    produce(bootstrap, topic, [{"key": k, "value": v, "headers": h} for k, v, h in wanted])
    seen = [(m.offset(), m.key().decode(), m.value().decode(), m.headers()) for m in read(bootstrap, topic, 10)]
    equal(seen, [(i, *record) for i, record in enumerate(wanted)])
    return "10 records"


def compression(codec):
    def body(bootstrap, prefix):
        topic = f"{prefix}-{codec}"
        create(bootstrap, topic)
        values = compressible_values(200)
        produce(bootstrap, topic, [{"value": v} for v in values], **{"compression.type": codec, "linger.ms": 50})
        equal([m.value() for m in read(bootstrap, topic, 200)], values)
        return "200 records"

    return body


def several_partitions(bootstrap, prefix):
    topic = f"{prefix}-b"
    wanted = [(f"k{i % 30}".encode(), str(i).encode()) for i in range(300)]
    produce(bootstrap, topic, [{"key": k, "value": v} for k, v in wanted])
    records = [(m.partition(), m.key(), m.value()) for m in read(bootstrap, topic, 300)]
    check_per_key_order(records, wanted)
    equal(len({p for p, _, _ in records}), 3, "partitions")
    return "300 records on 3 partitions"


def group_of_two(bootstrap, prefix):
    topic = f"{prefix}-group"
    create(bootstrap, topic, 4)
    produce(bootstrap, topic, [{"value": str(i), "partition": i % 4} for i in range(100)])
    members = [consumer(bootstrap, f"{topic}-members") for _ in range(2)]
    seen = set()

    def poll(wanted):
        for member in members:
            message = member.poll(0.05)
            if message is not None and not message.error():
                seen.add(message.value())
        return [len(member.assignment()) for member in members] == wanted

    for member in members:
        member.subscribe([topic])
    eventually("both members own two partitions", lambda: poll([2, 2]))
    members.pop(0).close()
    eventually("the second member owns all", lambda: poll([4]))
    eventually("every record", lambda: poll([4]) and len(seen) == 100)
    members[0].close()
    return "2 + 2 partitions, then 4"


def commit_and_resume(bootstrap, prefix):
    topic, group = f"{prefix}-resume", f"{prefix}-resume-group"
    create(bootstrap, topic)
    produce(bootstrap, topic, [{"value": str(i)} for i in range(100)])
    first = consumer(bootstrap, group)
    first.subscribe([topic])
    count = 0
    while count < 60:
        count += len(first.consume(60 - count, 1.0))
    first.commit(offsets=[TopicPartition(topic, 0, 60)], asynchronous=False)
    first.close()
    second = consumer(bootstrap, group)
    equal(second.committed([TopicPartition(topic, 0)], timeout=60)[0].offset, 60, "committed")
    second.subscribe([topic])
    rest = []
    eventually("40 records", lambda: rest.extend(m.offset() for m in second.consume(40, 0.5)) or len(rest) >= 40)
    second.close()
    equal(rest, list(range(60, 100)))
    return "resumed at 60"


def seek_by_time(bootstrap, prefix):
    topic = f"{prefix}-time"
    create(bootstrap, topic)
    start = int(time.time() * 1000) - 60000
    produce(bootstrap, topic, [{"value": str(i), "timestamp": start + i * 1000} for i in range(10)])
    reader = consumer(bootstrap, f"{topic}-group")
    at = lambda t: reader.offsets_for_times([TopicPartition(topic, 0, t)], timeout=60)[0].offset  # noqa: E731
    equal([at(start + 5000), at(start + 4001)], [5, 5])
    equal(at(start + 10000), -1, "after the last: the end")
    reader.assign([TopicPartition(topic, 0, 5)])
    equal(eventually("a record", lambda: reader.poll(0.5)).value(), b"5")
    reader.close()
    return "offset 5"


def empty_and_large(bootstrap, prefix):
    topic = f"{prefix}-sizes"
    create(bootstrap, topic, 1, {"max.message.bytes": "4194304"})
    produce(bootstrap, topic, [{"key": k, "value": v} for k, v in sizes_records()])
    equal([(m.key(), m.value()) for m in read(bootstrap, topic, 4)], sizes_records())
    return "empty, null and 1 MiB"


def describe_and_delete(bootstrap, prefix):
    client = admin(bootstrap)
    resource = ConfigResource(ResourceType.TOPIC, f"{prefix}-b")
    entry = client.describe_configs([resource])[resource].result(60)["max.message.bytes"]
    equal((entry.value, entry.is_default, entry.source), ("4194304", False, 1))
    group = f"{prefix}-resume-group"
    equal(client.describe_consumer_groups([group])[group].result(60).state.name, "EMPTY")
    doomed = f"{prefix}-doomed"
    create(bootstrap, doomed)
    client.delete_topics([doomed])[doomed].result(60)
    eventually("the topic is gone", lambda: doomed not in client.list_topics(timeout=60).topics)
    return "described and deleted"


def idempotent(bootstrap, prefix):
    topic = f"{prefix}-idempotent"
    create(bootstrap, topic)
    produce(bootstrap, topic, [{"value": str(i)} for i in range(500)], **{"enable.idempotence": True, "batch.num.messages": 10})
    equal([m.value() for m in read(bootstrap, topic, 500)], [str(i).encode() for i in range(500)])
    return "500 records"


def before_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    create(bootstrap, topic, 2)
    produce(bootstrap, topic, [{"value": str(i), "partition": i % 2} for i in range(1000)])
    group = f"{topic}-group"
    offsets = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 123), TopicPartition(topic, 1, 45)])
    admin(bootstrap).alter_consumer_group_offsets([offsets])[group].result(60)
    return "1000 records, two offsets"


def after_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    messages = read(bootstrap, topic, 1000)
    for partition in (0, 1):
        values = [m.value() for m in messages if m.partition() == partition]
        equal(values, [str(i).encode() for i in range(1000) if i % 2 == partition])
    group = f"{topic}-group"
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0), TopicPartition(topic, 1)])
    committed = admin(bootstrap).list_consumer_group_offsets([wanted])[group].result(60)
    equal([p.offset for p in committed.topic_partitions], [123, 45], "committed")
    produce(bootstrap, topic, [{"value": f"after-{i}", "partition": 0} for i in range(10)])
    read(bootstrap, topic, 1010)
    return "1000 records, two offsets"


main(
    run=[
        ("create-topics", create_topics),
        ("keyed-and-headed-records", keyed_and_headed),
        ("compression-gzip", compression("gzip")),
        ("compression-snappy", compression("snappy")),
        ("compression-lz4", compression("lz4")),
        ("compression-zstd", compression("zstd")),
        ("several-partitions", several_partitions),
        ("group-of-two", group_of_two),
        ("commit-and-resume", commit_and_resume),
        ("seek-by-time", seek_by_time),
        ("empty-and-large-records", empty_and_large),
        ("describe-and-delete", describe_and_delete),
        ("idempotent-produce", idempotent),
        ("before-kill", before_kill),
    ],
    verify=[("after-kill", after_kill)],
)
