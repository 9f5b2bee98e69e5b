"""confluent-kafka (a current librdkafka): produces what produced.sh reads, and reads it back by assignment."""

import time

from confluent_kafka import Consumer, Producer, TopicPartition, OFFSET_BEGINNING
from confluent_kafka.admin import AdminClient, NewTopic

from checks import BASE, BOOTSTRAP, CODECS, PREFIX, check


def records():
    yield dict(key="k1", value="one", headers=[("a", "1"), ("b", "2"), ("a", "3")])
    yield dict(key="k2", value="two")
    yield dict(key=None, value="three")
    yield dict(key="k4", value=None)
    for number in range(1, 501):
        yield dict(key="many", value=str(number))


def produce(codec):
    """The offsets that the broker gave, in the order of sending."""
    offsets = []

    def delivered(error, message):
        offsets.append(str(error) if error else message.offset())

    # One large batch, so that it is compressed: librdkafka sends what does not get smaller as it is.
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "compression.type": codec, "enable.idempotence": True, "linger.ms": 100})
    for number, record in enumerate(records()):
        producer.produce(f"{PREFIX}-{codec}", partition=0, timestamp=BASE + number, on_delivery=delivered, **record)
    producer.flush(15)
    return offsets


def consume(topic, count):
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "unused", "enable.auto.commit": False, "check.crcs": True})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    values, end = [], time.monotonic() + 15
    while len(values) < count and time.monotonic() < end:
        values += [message.value() for message in consumer.consume(100, timeout=0.2)]
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=5)
    times = consumer.offsets_for_times([TopicPartition(topic, 0, BASE + 250)], timeout=5)
    consumer.close()
    return values, (low, high), times[0].offset


def main():
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    created = admin.create_topics([NewTopic(f"{PREFIX}-{codec}", 1, 1) for codec in CODECS])
    check("create_topics", [None] * 5, [future.result(15) for future in created.values()])
    for codec in CODECS:
        check(f"an idempotent producer with {codec} gets each offset once", list(range(504)), produce(codec))
    values, watermarks, middle = consume(f"{PREFIX}-zstd", 504)
    check("consume by assignment", [r["value"] and r["value"].encode() for r in records()], values)
    check("watermarks", (0, 504), watermarks)
    check("offsets_for_times", 250, middle)
    check("list_topics shows one broker", 1, len(admin.list_topics(timeout=10).brokers))
    cluster = admin.describe_cluster().result(15)
    check("describe_cluster", [BOOTSTRAP], [f"{node.host}:{node.port}" for node in cluster.nodes])


main()
