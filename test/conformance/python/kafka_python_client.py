"""The conformance scenarios through kafka-python."""

import time
import uuid

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata
from scenario_runner import SECURITY, check_per_key_order, compressible_values, equal, eventually, main, sasl_settings, sizes_records


def secured():
    names = {"ca": "ssl_cafile", "certificate": "ssl_certfile", "key": "ssl_keyfile"}
    return {**sasl_settings(), **{names[name]: SECURITY[name] for name in names if name in SECURITY}}


def with_admin(bootstrap, use):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, **secured())
    try:
        return use(admin)
    finally:
        admin.close()


def create(bootstrap, topic, partitions=1, configs=None):
    options = {"num_partitions": partitions, "replication_factor": 1, "configs": configs or {}}
    with_admin(bootstrap, lambda admin: admin.create_topics({topic: options}, wait_for_metadata=True))


def produce(bootstrap, topic, records, **config):
    """records: dicts of send() arguments."""
    settings = {"acks": "all", "max_request_size": 4194304, "linger_ms": 5, "enable_idempotence": False}
    producer = KafkaProducer(bootstrap_servers=bootstrap, **{**settings, **secured(), **config})
    futures = [producer.send(topic, **record) for record in records]
    for future in futures:
        future.get(30)
    producer.close()


def consumer(bootstrap, group):
    return KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=10000,
        heartbeat_interval_ms=300,
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=4194304,
        **secured(),
    )


def subscribe(reader, topic):
    """A leader of this client that joins before it knows the topic assigns nothing, and at times never mends it."""
    eventually("the topic", lambda: reader.partitions_for_topic(topic))
    reader.subscribe([topic])
    eventually("the topic still", lambda: reader.partitions_for_topic(topic))


def poll(reader, timeout_ms=200, **options):
    return [record for records in reader.poll(timeout_ms, **options).values() for record in records]


def read(bootstrap, topic, count):
    reader = consumer(bootstrap, f"{topic}-reader-{uuid.uuid4()}")
    subscribe(reader, topic)
    records = []
    eventually(f"{count} records of {topic}", lambda: records.extend(poll(reader)) or len(records) >= count)
    reader.close()
    equal(len(records), count, "records")
    return records


def create_topics(bootstrap, prefix):
    create(bootstrap, f"{prefix}-a")
    create(bootstrap, f"{prefix}-b", 3, {"max.message.bytes": "4194304"})
    try:
        create(bootstrap, f"{prefix}-a")
        raise AssertionError("an existing topic was created again")
    except TopicAlreadyExistsError:
        pass
    topics = with_admin(bootstrap, lambda admin: admin.describe_topics([f"{prefix}-a", f"{prefix}-b"]))
    equal(sorted(len(topic["partitions"]) for topic in topics), [1, 3], "partitions")
    return "two topics"


def keyed_and_headed(bootstrap, prefix):
    topic = f"{prefix}-a"
    wanted = [(b"key-%d" % i, b"value-%d" % i, [("first", b"h%d" % i), ("empty", b"")]) for i in range(10)]
    produce(bootstrap, topic, [{"key": k, "value": v, "headers": h} for k, v, h in wanted])
    seen = [(r.offset, r.key, r.value, list(r.headers)) for r in read(bootstrap, topic, 10)]
    equal(seen, [(i, *record) for i, record in enumerate(wanted)])
    return "10 records"


def compression(codec):
    def body(bootstrap, prefix):
        topic = f"{prefix}-{codec}"
        create(bootstrap, topic)
        values = compressible_values(200)
        produce(bootstrap, topic, [{"value": v} for v in values], compression_type=codec, linger_ms=50)
        equal([r.value for r in read(bootstrap, topic, 200)], values)
        return "200 records"

    return body


def several_partitions(bootstrap, prefix):
    topic = f"{prefix}-b"
    wanted = [(b"k%d" % (i % 30), b"%d" % i) for i in range(300)]
    produce(bootstrap, topic, [{"key": k, "value": v} for k, v in wanted])
    records = [(r.partition, r.key, r.value) for r in read(bootstrap, topic, 300)]
    check_per_key_order(records, wanted)
    equal(len({p for p, _, _ in records}), 3, "partitions")
    return "300 records on 3 partitions"


def group_of_two(bootstrap, prefix):
    """Members need their own threads here: a join blocks the poll of its member."""
    import threading

    topic = f"{prefix}-group"
    create(bootstrap, topic, 4)
    produce(bootstrap, topic, [{"value": b"%d" % i, "partition": i % 4} for i in range(100)])
    seen, owned, stops = set(), [0, 0], [threading.Event(), threading.Event()]

    def member(index):
        reader = consumer(bootstrap, f"{topic}-members")
        subscribe(reader, topic)
        while not stops[index].is_set():
            seen.update(record.value for record in poll(reader))
            owned[index] = len(reader.assignment())
        reader.close()

    threads = [threading.Thread(target=member, args=(index,), daemon=True) for index in (0, 1)]
    for thread in threads:
        thread.start()
    wait = lambda wanted: time.sleep(0.02) or owned == wanted  # noqa: E731
    eventually("both members own two partitions", lambda: wait([2, 2]))
    stops[0].set()
    threads[0].join()
    eventually("the second member owns all", lambda: wait([2, 4]))
    eventually("every record", lambda: wait([2, 4]) and len(seen) == 100)
    stops[1].set()
    threads[1].join()
    return "2 + 2 partitions, then 4"


def commit_and_resume(bootstrap, prefix):
    topic, group = f"{prefix}-resume", f"{prefix}-resume-group"
    partition = TopicPartition(topic, 0)
    create(bootstrap, topic)
    produce(bootstrap, topic, [{"value": b"%d" % i} for i in range(100)])
    first = consumer(bootstrap, group)
    subscribe(first, topic)
    count = 0
    while count < 60:
        count += len(poll(first, max_records=60 - count))
    first.commit({partition: OffsetAndMetadata(60, "", -1)})
    first.close()
    second = consumer(bootstrap, group)
    equal(second.committed(partition), 60, "committed")
    subscribe(second, topic)
    rest = []
    eventually("40 records", lambda: rest.extend(r.offset for r in poll(second)) or len(rest) >= 40)
    second.close()
    equal(rest, list(range(60, 100)))
    return "resumed at 60"


def seek_by_time(bootstrap, prefix):
    topic = f"{prefix}-time"
    partition = TopicPartition(topic, 0)
    create(bootstrap, topic)
    start = int(time.time() * 1000) - 60000
    produce(bootstrap, topic, [{"value": b"%d" % i, "timestamp_ms": start + i * 1000} for i in range(10)])
    reader = consumer(bootstrap, None)
    reader.assign([partition])
    at = lambda t: reader.offsets_for_times({partition: t})[partition]  # noqa: E731
    equal([at(start + 5000).offset, at(start + 4001).offset], [5, 5])
    equal(at(start + 10000), None, "after the last")
    reader.seek(partition, 5)
    equal(eventually("records", lambda: poll(reader))[0].value, b"5")
    reader.close()
    return "offset 5"


def empty_and_large(bootstrap, prefix):
    topic = f"{prefix}-sizes"
    create(bootstrap, topic, 1, {"max.message.bytes": "4194304"})
    produce(bootstrap, topic, [{"key": k, "value": v} for k, v in sizes_records()], batch_size=0)
    equal([(r.key, r.value) for r in read(bootstrap, topic, 4)], sizes_records())
    return "empty, null and 1 MiB"


def describe_and_delete(bootstrap, prefix):
    topic, group, doomed = f"{prefix}-b", f"{prefix}-resume-group", f"{prefix}-doomed"

    def body(admin):
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        text = str(described)
        if "max.message.bytes" not in text or "4194304" not in text:
            raise AssertionError(text)
        state = str(admin.describe_groups([group])[group])
        if "Empty" not in state:
            raise AssertionError(state)
        create(bootstrap, doomed)
        admin.delete_topics([doomed])
        eventually("the topic is gone", lambda: doomed not in admin.list_topics())
        return "described and deleted"

    return with_admin(bootstrap, body)


def idempotent(bootstrap, prefix):
    topic = f"{prefix}-idempotent"
    create(bootstrap, topic)
    produce(bootstrap, topic, [{"value": b"%d" % i} for i in range(500)], enable_idempotence=True, batch_size=200)
    equal([r.value for r in read(bootstrap, topic, 500)], [b"%d" % i for i in range(500)])
    return "500 records"


def before_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    create(bootstrap, topic, 2)
    produce(bootstrap, topic, [{"value": b"%d" % i, "partition": i % 2} for i in range(1000)])
    offsets = {TopicPartition(topic, p): OffsetAndMetadata(o, "", -1) for p, o in ((0, 123), (1, 45))}
    with_admin(bootstrap, lambda admin: admin.alter_group_offsets(f"{topic}-group", offsets))
    return "1000 records, two offsets"


def after_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    records = read(bootstrap, topic, 1000)
    for partition in (0, 1):
        values = [r.value for r in records if r.partition == partition]
        equal(values, [b"%d" % i for i in range(1000) if i % 2 == partition])
    group = f"{topic}-group"
    committed = with_admin(bootstrap, lambda admin: admin.list_group_offsets([group]))[group]
    equal([committed[TopicPartition(topic, p)].offset for p in (0, 1)], [123, 45], "committed")
    produce(bootstrap, topic, [{"value": b"after", "partition": 0}] * 10)
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
