"""The conformance scenarios through kafka-python, of today and of 2.0."""

import sys
import time
import uuid

import six

sys.modules["kafka.vendor.six.moves"] = six.moves  # since Python 3.12 what kafka-python 2.0 brings of it is not found

from kafka import KafkaConsumer, KafkaProducer, TopicPartition  # noqa: E402
from kafka.errors import TopicAlreadyExistsError  # noqa: E402
from kafka_python_admin import IS_FORMER, admin, offset_and_metadata  # noqa: E402
from scenario_runner import (  # noqa: E402
    SECURITY,
    Unsupported,
    check_per_key_order,
    compressible_values,
    equal,
    eventually,
    main,
    sasl_settings,
    sizes_records,
)


# How long 2.0 may take to learn the broker's version; its own limit, 2 s, is for an idle machine.
PATIENCE = {"api_version_auto_timeout_ms": 30000} if IS_FORMER else {}


def common():
    names = {"ca": "ssl_cafile", "certificate": "ssl_certfile", "key": "ssl_keyfile"}
    return {**PATIENCE, **sasl_settings(), **{names[name]: SECURITY[name] for name in names if name in SECURITY}}


def create(bootstrap, topic, partitions=1, configs=None):
    with admin(bootstrap, **common()) as client:
        client.create(topic, partitions, configs or {})


def produce(bootstrap, topic, records, **config):
    """records: dicts of send() arguments."""
    settings = {"acks": "all", "max_request_size": 4194304, "linger_ms": 5}
    if not IS_FORMER:
        settings["enable_idempotence"] = False
    producer = KafkaProducer(bootstrap_servers=bootstrap, **{**settings, **common(), **config})
    futures = [producer.send(topic, **record) for record in records]
    for future in futures:
        future.get(90)
    producer.close()


def consumer(bootstrap, group):
    return KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=30000,
        heartbeat_interval_ms=300,
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=4194304,
        **common(),
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
    with admin(bootstrap, **common()) as client:
        equal(client.partition_counts([f"{prefix}-a", f"{prefix}-b"]), [1, 3], "partitions")
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
            # A poll of 3.0 that ends while its member joins loses, at times, the assignment that comes of it.
            seen.update(record.value for record in poll(reader, 5000))
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
    first.commit({partition: offset_and_metadata(60)})
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
    doomed = f"{prefix}-doomed"
    with admin(bootstrap, **common()) as client:
        text = client.describe_topic_configs(f"{prefix}-b")
        if "max.message.bytes" not in text or "4194304" not in text:
            raise AssertionError(text)
        state = client.describe_group(f"{prefix}-resume-group")
        if "Empty" not in state:
            raise AssertionError(state)
        create(bootstrap, doomed)
        client.delete(doomed)
        eventually("the topic is gone", lambda: doomed not in client.topics())
    return "described and deleted"


def idempotent(bootstrap, prefix):
    if IS_FORMER:
        raise Unsupported("idempotent producers came with 2.1")
    topic = f"{prefix}-idempotent"
    create(bootstrap, topic)
    produce(bootstrap, topic, [{"value": b"%d" % i} for i in range(500)], enable_idempotence=True, batch_size=200)
    equal([r.value for r in read(bootstrap, topic, 500)], [b"%d" % i for i in range(500)])
    return "500 records"


def before_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    create(bootstrap, topic, 2)
    produce(bootstrap, topic, [{"value": b"%d" % i, "partition": i % 2} for i in range(1000)])
    with admin(bootstrap, **common()) as client:
        client.commit(f"{topic}-group", topic, {0: 123, 1: 45})
    return "1000 records, two offsets"


def after_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    records = read(bootstrap, topic, 1000)
    for partition in (0, 1):
        values = [r.value for r in records if r.partition == partition]
        equal(values, [b"%d" % i for i in range(1000) if i % 2 == partition])
    with admin(bootstrap, **common()) as client:
        committed = client.committed(f"{topic}-group")
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
