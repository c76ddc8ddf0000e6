// The conformance scenarios through what Kafka 0.8.2 had: the producer of Scala or, with the argument `java`, the first one
// of kafka-clients, and the SimpleConsumer, with offsets kept by the broker. Its groups need ZooKeeper, its formats have no
// timestamps and no headers. Topics come from auto-creation; the broker is started with `num.partitions=4`.

import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import kafka.api.ConsumerMetadataRequest;
import kafka.api.FetchRequestBuilder;
import kafka.api.PartitionOffsetRequestInfo;
import kafka.common.OffsetAndMetadata;
import kafka.common.TopicAndPartition;
import kafka.javaapi.*;
import kafka.javaapi.consumer.SimpleConsumer;
import kafka.message.MessageAndOffset;
import kafka.network.BlockingChannel;
import kafka.producer.KeyedMessage;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class OldestClientScenarios extends ScenarioSupport {
  private static final int TIMEOUT_MS = 60_000;
  private static final int FETCH_BYTES = 4 << 20;
  private static final String CLIENT_ID = "oldest";
  /** The version of 0.8.2 that commits to Kafka and not to ZooKeeper. */
  private static final short TO_KAFKA = 1;
  private static final long LATEST = -1;
  private static final long EARLIEST = -2;

  private static final class Read {
    final int partition;
    final long offset;
    final String key;
    final String value;

    Read(int partition, MessageAndOffset message) {
      this.partition = partition;
      this.offset = message.offset();
      this.key = text(copy(message.message().key()));
      this.value = text(copy(message.message().payload()));
    }

    @Override
    public String toString() {
      return offset + " " + key + " " + value;
    }
  }

  private final boolean isJava;
  private final String bootstrap;
  private final String prefix;

  private OldestClientScenarios(boolean isJava, String bootstrap, String prefix) {
    this.isJava = isJava;
    this.bootstrap = bootstrap;
    this.prefix = prefix;
  }

  public static void main(String[] args) {
    OldestClientScenarios scenarios = new OldestClientScenarios(args[0].equals("java"), args[1], args[3]);
    Map<String, Body> bodies = new LinkedHashMap<>();
    if (args[2].equals("run")) scenarios.runPhase(bodies);
    else if (args[2].equals("verify")) bodies.put("after-kill", scenarios::afterKill);
    else if (args[2].equals("produce")) bodies.put("produce", scenarios::produceForOthers);
    else bodies.put("consume", scenarios::consumeFromOthers);
    runAll(bodies);
  }

  private void runPhase(Map<String, Body> bodies) {
    bodies.put("keyed-and-headed-records", this::keyed);
    for (String codec : Arrays.asList("gzip", "snappy", "lz4")) bodies.put("compression-" + codec, () -> compression(codec));
    bodies.put("several-partitions", this::severalPartitions);
    bodies.put("commit-and-resume", this::commitAndResume);
    bodies.put("empty-and-large-records", this::emptyAndLarge);
    bodies.put("before-kill", this::beforeKill);
  }

  private static byte[] copy(ByteBuffer buffer) {
    if (buffer == null) return null;
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /** A topic's records, each with key and value; the key says on which partition, unless one is given. */
  private void produce(String topic, List<String[]> records, Integer partition, String codec) throws Exception {
    if (isJava) produceByJava(topic, records, partition, codec);
    else produceByScala(topic, records, partition, codec);
  }

  private void produceByJava(String topic, List<String[]> records, Integer partition, String codec) throws Exception {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("acks", "all");
    settings.put("max.request.size", FETCH_BYTES);
    settings.put("compression.type", codec);
    settings.put("linger.ms", codec.equals("none") ? 0 : 50);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<Future<?>> sent = new ArrayList<>();
      for (String[] record : records) sent.add(producer.send(new ProducerRecord<>(topic, partition, bytes(record[0]), bytes(record[1]))));
      for (Future<?> one : sent) one.get(90, TimeUnit.SECONDS);
    }
  }

  /** Partitions the records by a number that stands for the key. */
  public static final class ByNumber implements kafka.producer.Partitioner {
    public ByNumber(kafka.utils.VerifiableProperties properties) { }

    @Override
    public int partition(Object key, int count) {
      return Math.floorMod(key instanceof Integer ? (Integer) key : Arrays.hashCode((byte[]) key), count);
    }
  }

  private void produceByScala(String topic, List<String[]> records, Integer partition, String codec) {
    Properties settings = new Properties();
    settings.put("metadata.broker.list", bootstrap);
    settings.put("request.required.acks", "-1");
    settings.put("producer.type", "sync");
    settings.put("client.id", CLIENT_ID);
    settings.put("compression.codec", codec);
    settings.put("partitioner.class", ByNumber.class.getName());
    settings.put("retry.backoff.ms", "200");
    kafka.javaapi.producer.Producer<byte[], byte[]> producer =
        new kafka.javaapi.producer.Producer<>(new kafka.producer.ProducerConfig(settings));
    try {
      List<KeyedMessage<byte[], byte[]>> messages = new ArrayList<>();
      for (String[] record : records) {
        messages.add(new KeyedMessage<>(topic, bytes(record[0]), partition != null ? (Object) partition : bytes(record[0]), bytes(record[1])));
      }
      producer.send(messages);
    } finally {
      producer.close();
    }
  }

  private <T> T withConsumer(java.util.function.Function<SimpleConsumer, T> use) {
    String[] address = bootstrap.split(":");
    SimpleConsumer consumer = new SimpleConsumer(address[0], Integer.parseInt(address[1]), TIMEOUT_MS, 64 << 10, CLIENT_ID);
    try {
      return use.apply(consumer);
    } finally {
      consumer.close();
    }
  }

  /** Reads these partitions from their first record on until `count` have come, and nothing but them. */
  private List<Read> read(String topic, int partitions, int count) {
    return withConsumer(consumer -> {
      long[] next = new long[partitions];
      for (int i = 0; i < partitions; i++) next[i] = offset(consumer, topic, i, EARLIEST);
      List<Read> records = new ArrayList<>();
      eventually(count + " records of " + topic, () -> {
        for (int i = 0; i < partitions; i++) {
          for (Read read : fetch(consumer, topic, i, next[i])) {
            records.add(read);
            next[i] = read.offset + 1;
          }
        }
        return records.size() >= count;
      });
      for (int i = 0; i < partitions; i++) equal(offset(consumer, topic, i, LATEST), next[i]);
      equal(records.size(), count);
      return records;
    });
  }

  private static List<Read> fetch(SimpleConsumer consumer, String topic, int partition, long offset) {
    FetchResponse response = consumer.fetch(new FetchRequestBuilder().clientId(CLIENT_ID).maxWait(100).minBytes(1)
        .addFetch(topic, partition, offset, FETCH_BYTES).build());
    equal(response.errorCode(topic, partition), (short) 0);
    List<Read> records = new ArrayList<>();
    for (MessageAndOffset message : response.messageSet(topic, partition)) {
      // Of compressed records all come, also those before the offset.
      if (message.offset() >= offset) records.add(new Read(partition, message));
    }
    return records;
  }

  private static long offset(SimpleConsumer consumer, String topic, int partition, long time) {
    Map<TopicAndPartition, PartitionOffsetRequestInfo> asked =
        Collections.singletonMap(new TopicAndPartition(topic, partition), new PartitionOffsetRequestInfo(time, 1));
    OffsetResponse response = consumer.getOffsetsBefore(new kafka.javaapi.OffsetRequest(asked, (short) 0, CLIENT_ID));
    equal(response.errorCode(topic, partition), (short) 0);
    return response.offsets(topic, partition)[0];
  }

  /** Where the group's offsets are: the answer to what is called FindCoordinator today. */
  private kafka.cluster.Broker coordinator(String group) {
    String[] address = bootstrap.split(":");
    BlockingChannel channel = new BlockingChannel(address[0], Integer.parseInt(address[1]), 64 << 10, 64 << 10, TIMEOUT_MS);
    kafka.cluster.Broker[] found = {null};
    channel.connect();
    try {
      eventually("the coordinator of " + group, () -> {
        channel.send(new ConsumerMetadataRequest(group, (short) 0, 7, CLIENT_ID));
        ConsumerMetadataResponse response = ConsumerMetadataResponse.readFrom(channel.receive().buffer());
        found[0] = response.errorCode() == 0 ? response.coordinator() : null;
        return found[0] != null;
      });
    } finally {
      channel.disconnect();
    }
    return found[0];
  }

  private void commit(String group, String topic, long... offsets) {
    Map<TopicAndPartition, OffsetAndMetadata> asked = new HashMap<>();
    for (int i = 0; i < offsets.length; i++) {
      asked.put(new TopicAndPartition(topic, i), new OffsetAndMetadata(offsets[i], "of " + i, System.currentTimeMillis()));
    }
    equal(coordinator(group).connectionString(), bootstrap);
    OffsetCommitResponse response =
        withConsumer(consumer -> consumer.commitOffsets(new OffsetCommitRequest(group, asked, 1, CLIENT_ID, TO_KAFKA)));
    equal(response.hasError(), false);
  }

  private List<String> committed(String group, String topic, int partitions) {
    equal(coordinator(group).connectionString(), bootstrap);
    List<TopicAndPartition> asked = IntStream.range(0, partitions).mapToObj(i -> new TopicAndPartition(topic, i)).collect(Collectors.toList());
    OffsetFetchResponse response =
        withConsumer(consumer -> consumer.fetchOffsets(new OffsetFetchRequest(group, asked, TO_KAFKA, 2, CLIENT_ID)));
    return asked.stream().map(response.offsets()::get).map(o -> o.error() + " " + o.offset() + " " + o.metadata()).collect(Collectors.toList());
  }

  private static List<String[]> unkeyed(List<String> values) {
    return values.stream().map(value -> new String[] {null, value}).collect(Collectors.toList());
  }

  private static List<String> values(List<Read> records, int partition) {
    return records.stream().filter(r -> partition < 0 || r.partition == partition).map(r -> r.value).collect(Collectors.toList());
  }

  private void keyed() throws Exception {
    String topic = prefix + "-a";
    List<String[]> records = IntStream.range(0, 10).mapToObj(i -> new String[] {"key-" + i, "value-" + i}).collect(Collectors.toList());
    produce(topic, records, 0, "none");
    List<String> expected = IntStream.range(0, 10).mapToObj(i -> i + " key-" + i + " value-" + i).collect(Collectors.toList());
    equal(read(topic, 4, 10).stream().map(Read::toString).collect(Collectors.toList()), expected);
  }

  private void compression(String codec) throws Exception {
    List<String> values = compressibleValues(200);
    produce(prefix + "-" + codec, unkeyed(values), 0, codec);
    equal(values(read(prefix + "-" + codec, 1, 200), 0), values);
  }

  private void severalPartitions() throws Exception {
    List<String[]> records = IntStream.range(0, 300).mapToObj(i -> new String[] {"k" + i % 30, String.valueOf(i)}).collect(Collectors.toList());
    produce(prefix + "-b", records, null, "none");
    Map<String, List<Read>> byKey = read(prefix + "-b", 4, 300).stream().collect(Collectors.groupingBy(r -> r.key));
    equal(byKey.size(), 30);
    byKey.forEach((key, ofKey) -> {
      equal(ofKey.stream().map(r -> r.partition).distinct().count(), 1L);
      equal(values(ofKey, -1), numbers(Integer.parseInt(key.substring(1)), 300, 30));
    });
  }

  private void commitAndResume() throws Exception {
    String topic = prefix + "-resume";
    produce(topic, unkeyed(numbers(0, 100, 1)), 0, "none");
    equal(committed(topic + "-group", topic, 2), Arrays.asList("0 -1 ", "0 -1 "));
    commit(topic + "-group", topic, 60);
    equal(committed(topic + "-group", topic, 2), Arrays.asList("0 60 of 0", "0 -1 "));
    List<Read> rest = withConsumer(consumer -> fetch(consumer, topic, 0, 60));
    equal(values(rest, 0), numbers(60, 100, 1));
  }

  private void emptyAndLarge() throws Exception {
    String topic = prefix + "-sizes";
    List<String[]> records = new ArrayList<>();
    records.add(new String[] {"a", ""});
    records.add(new String[] {"b", null});
    records.add(new String[] {"", "empty key"});
    records.add(new String[] {"d", new String(new char[1 << 20]).replace('\0', 'x')});
    produce(topic, records, 0, "none");
    List<Read> seen = read(topic, 1, 4);
    for (int i = 0; i < 4; i++) equal(Arrays.asList(seen.get(i).key, seen.get(i).value), Arrays.asList(records.get(i)));
  }

  private void beforeKill() throws Exception {
    String topic = prefix + "-durable";
    for (int i = 0; i < 2; i++) produce(topic, unkeyed(numbers(i, 1000, 2)), i, "none");
    commit(topic + "-group", topic, 123, 45);
  }

  private void afterKill() throws Exception {
    String topic = prefix + "-durable";
    List<Read> records = read(topic, 2, 1000);
    for (int i = 0; i < 2; i++) equal(values(records, i), numbers(i, 1000, 2));
    equal(committed(topic + "-group", topic, 2), Arrays.asList("0 123 of 0", "0 45 of 1"));
    produce(topic, unkeyed(numbers(0, 10, 1)), 0, "none");
    read(topic, 2, 1010);
  }

  private void produceForOthers() throws Exception {
    List<String[]> records = numbers(0, 50, 1).stream().map(value -> new String[] {"key-" + value, value}).collect(Collectors.toList());
    produce(prefix, records.subList(0, 25), 0, "none");
    produce(prefix, records.subList(25, 50), 0, "gzip");
  }

  private void consumeFromOthers() {
    List<Read> records = new ArrayList<>();
    withConsumer(consumer -> {
      eventually("the end", () -> {
        long next = records.isEmpty() ? 0 : records.get(records.size() - 1).offset + 1;
        records.addAll(fetch(consumer, prefix, 0, next));
        return !records.isEmpty() && "end".equals(records.get(records.size() - 1).value);
      });
      return null;
    });
    printRecords(records.stream().map(Read::toString).collect(Collectors.toList()));
  }
}
