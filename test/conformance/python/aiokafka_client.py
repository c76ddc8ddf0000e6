"""The conformance scenarios through aiokafka."""

import asyncio
import ssl
import time
import uuid

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from scenario_runner import SECURITY, check_per_key_order, compressible_values, equal, main, sasl_settings, sizes_records

LIMIT_S = 90


def secured():
    settings = sasl_settings()
    if "ca" in SECURITY:
        context = ssl.create_default_context(cafile=SECURITY["ca"])
        if "certificate" in SECURITY:
            context.load_cert_chain(SECURITY["certificate"], SECURITY["key"])
        settings["ssl_context"] = context
    return settings


def sync(body):
    """A scenario from a coroutine function."""
    return lambda bootstrap, prefix: asyncio.run(asyncio.wait_for(body(bootstrap, prefix), 180))


async def until(what, probe):
    deadline = time.monotonic() + LIMIT_S
    while True:
        found = await probe() if asyncio.iscoroutinefunction(probe) else probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {LIMIT_S} s for: {what}")
        await asyncio.sleep(0.02)


class Admin:
    def __init__(self, bootstrap):
        self.client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **secured())

    async def __aenter__(self):
        await self.client.start()
        return self.client

    async def __aexit__(self, *_):
        await self.client.close()


async def create(bootstrap, topic, partitions=1, configs=None):
    """Returns the error code of the answer."""
    async with Admin(bootstrap) as admin:
        answer = await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs or {})])
        code = answer.topic_errors[0][1]
        while code == 0 and topic not in await admin.list_topics():
            await asyncio.sleep(0.02)
        return code


async def produce(bootstrap, topic, records, **config):
    settings = {"acks": "all", "max_request_size": 4194304, "linger_ms": 5}
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, **{**settings, **secured(), **config}) as producer:
        await asyncio.gather(*[await producer.send(topic, **record) for record in records])


def consumer(bootstrap, group, *topics):
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=30000,
        heartbeat_interval_ms=300,
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=4194304,
        **secured(),
    )


async def poll(reader, **options):
    return [r for records in (await reader.getmany(timeout_ms=100, **options)).values() for r in records]


async def read(bootstrap, topic, count):
    records = []
    async with consumer(bootstrap, f"{topic}-reader-{uuid.uuid4()}", topic) as reader:

        async def enough():
            records.extend(await poll(reader))
            return len(records) >= count

        await until(f"{count} records of {topic}", enough)
    equal(len(records), count, "records")
    return records


@sync
async def create_topics(bootstrap, prefix):
    a, b = f"{prefix}-a", f"{prefix}-b"
    equal(await create(bootstrap, a), 0)
    equal(await create(bootstrap, b, 3, {"max.message.bytes": "4194304"}), 0)
    equal(await create(bootstrap, a), 36, "an existing topic")
    async with Admin(bootstrap) as admin:
        topics = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics([a, b])}
    equal(topics, {a: 1, b: 3}, "partitions")
    return "two topics"


@sync
async def keyed_and_headed(bootstrap, prefix):
    topic = f"{prefix}-a"
    wanted = [(b"key-%d" % i, b"value-%d" % i, (("first", b"h%d" % i), ("empty", b""))) for i in range(10)]
    await produce(bootstrap, topic, [{"key": k, "value": v, "headers": list(h)} for k, v, h in wanted])
    seen = [(r.offset, r.key, r.value, r.headers) for r in await read(bootstrap, topic, 10)]
    equal(seen, [(i, *record) for i, record in enumerate(wanted)])
    return "10 records"


def compression(codec):
    @sync
    async def body(bootstrap, prefix):
        topic = f"{prefix}-{codec}"
        await create(bootstrap, topic)
        values = compressible_values(200)
        await produce(bootstrap, topic, [{"value": v} for v in values], compression_type=codec, linger_ms=50)
        equal([r.value for r in await read(bootstrap, topic, 200)], values)
        return "200 records"

    return body


@sync
async def several_partitions(bootstrap, prefix):
    topic = f"{prefix}-b"
    wanted = [(b"k%d" % (i % 30), b"%d" % i) for i in range(300)]
    await produce(bootstrap, topic, [{"key": k, "value": v} for k, v in wanted])
    records = [(r.partition, r.key, r.value) for r in await read(bootstrap, topic, 300)]
    check_per_key_order(records, wanted)
    equal(len({p for p, _, _ in records}), 3, "partitions")
    return "300 records on 3 partitions"


@sync
async def group_of_two(bootstrap, prefix):
    topic = f"{prefix}-group"
    await create(bootstrap, topic, 4)
    await produce(bootstrap, topic, [{"value": b"%d" % i, "partition": i % 4} for i in range(100)])
    members = [consumer(bootstrap, f"{topic}-members", topic) for _ in range(2)]
    seen = set()

    async def owned(wanted):
        for member in members:
            seen.update(r.value for r in await poll(member))
        return [len(member.assignment()) for member in members] == wanted

    async def both():
        return await owned([2, 2])

    async def all_records():
        return await owned([4]) and len(seen) == 100

    await asyncio.gather(*[member.start() for member in members])
    await until("both members own two partitions", both)
    await members.pop(0).stop()
    await until("the second member owns all and has read all", all_records)
    await members[0].stop()
    return "2 + 2 partitions, then 4"


@sync
async def commit_and_resume(bootstrap, prefix):
    topic, group = f"{prefix}-resume", f"{prefix}-resume-group"
    partition = TopicPartition(topic, 0)
    await create(bootstrap, topic)
    await produce(bootstrap, topic, [{"value": b"%d" % i} for i in range(100)])
    async with consumer(bootstrap, group, topic) as first:
        count = 0
        while count < 60:
            count += len(await poll(first, max_records=60 - count))
        await first.commit({partition: 60})
    rest = []
    async with consumer(bootstrap, group, topic) as second:
        equal(await second.committed(partition), 60, "committed")

        async def enough():
            rest.extend(r.offset for r in await poll(second))
            return len(rest) >= 40

        await until("40 records", enough)
    equal(rest, list(range(60, 100)))
    return "resumed at 60"


@sync
async def seek_by_time(bootstrap, prefix):
    topic = f"{prefix}-time"
    partition = TopicPartition(topic, 0)
    await create(bootstrap, topic)
    start = int(time.time() * 1000) - 60000
    await produce(bootstrap, topic, [{"value": b"%d" % i, "timestamp_ms": start + i * 1000} for i in range(10)])
    async with consumer(bootstrap, None) as reader:
        reader.assign([partition])
        at = lambda t: reader.offsets_for_times({partition: t})  # noqa: E731
        equal([(await at(start + t))[partition].offset for t in (5000, 4001)], [5, 5])
        equal((await at(start + 10000))[partition], None, "after the last")
        reader.seek(partition, 5)
        equal((await asyncio.wait_for(reader.getone(), 90)).value, b"5")
    return "offset 5"


@sync
async def empty_and_large(bootstrap, prefix):
    topic = f"{prefix}-sizes"
    await create(bootstrap, topic, 1, {"max.message.bytes": "4194304"})
    for key, value in sizes_records():
        await produce(bootstrap, topic, [{"key": key, "value": value}])
    equal([(r.key, r.value) for r in await read(bootstrap, topic, 4)], sizes_records())
    return "empty, null and 1 MiB"


@sync
async def describe_and_delete(bootstrap, prefix):
    doomed = f"{prefix}-doomed"
    async with Admin(bootstrap) as admin:
        described = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, f"{prefix}-b")])
        entries = {entry[0]: entry for entry in described[0].resources[0][4]}
        equal(entries["max.message.bytes"][1], "4194304")
        group = await admin.describe_consumer_groups([f"{prefix}-resume-group"])
        equal(group[0].groups[0][2], "Empty")
        await create(bootstrap, doomed)
        await admin.delete_topics([doomed])

        async def gone():
            return doomed not in await admin.list_topics()

        await until("the topic is gone", gone)
    return "described and deleted"


@sync
async def idempotent(bootstrap, prefix):
    topic = f"{prefix}-idempotent"
    await create(bootstrap, topic)
    await produce(bootstrap, topic, [{"value": b"%d" % i} for i in range(500)], enable_idempotence=True, max_batch_size=200)
    equal([r.value for r in await read(bootstrap, topic, 500)], [b"%d" % i for i in range(500)])
    return "500 records"


async def commit_offsets(bootstrap, group, topic, offsets):
    """The admin client cannot write offsets; a consumer without a subscription can."""
    partitions = {TopicPartition(topic, p): o for p, o in offsets.items()}
    async with consumer(bootstrap, group) as writer:
        writer.assign(list(partitions))
        await writer.commit(partitions)


@sync
async def before_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    await create(bootstrap, topic, 2)
    await produce(bootstrap, topic, [{"value": b"%d" % i, "partition": i % 2} for i in range(1000)])
    await commit_offsets(bootstrap, f"{topic}-group", topic, {0: 123, 1: 45})
    return "1000 records, two offsets"


@sync
async def after_kill(bootstrap, prefix):
    topic = f"{prefix}-durable"
    records = await read(bootstrap, topic, 1000)
    for partition in (0, 1):
        values = [r.value for r in records if r.partition == partition]
        equal(values, [b"%d" % i for i in range(1000) if i % 2 == partition])
    async with Admin(bootstrap) as admin:
        committed = await admin.list_consumer_group_offsets(f"{topic}-group")
    equal([committed[TopicPartition(topic, p)].offset for p in (0, 1)], [123, 45], "committed")
    await produce(bootstrap, topic, [{"value": b"after", "partition": 0}] * 10)
    await read(bootstrap, topic, 1010)
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
