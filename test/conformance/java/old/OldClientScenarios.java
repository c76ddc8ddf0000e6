// The conformance scenarios through Kafka's Java clients of 0.9 to 2.8: compiled with each of them, so that what not all of
// them have is called by its name. Topics come from auto-creation; the broker is started with `num.partitions=4` and
// `message.max.bytes=4194304`.

import java.lang.reflect.Method;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

public final class OldClientScenarios extends ScenarioSupport {
  private final String bootstrap;
  private final String prefix;

  private OldClientScenarios(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
  }

  public static void main(String[] args) throws Exception {
    OldClientScenarios scenarios = new OldClientScenarios(args[0], args[2]);
    Map<String, Body> bodies = new LinkedHashMap<>();
    if (args[1].equals("run")) scenarios.runPhase(bodies);
    else if (args[1].equals("verify")) bodies.put("after-kill", scenarios::afterKill);
    // Records for other clients, and those of others up to `end`: one topic, one partition.
    else if (args[1].equals("produce")) bodies.put("produce", scenarios::produceForOthers);
    else bodies.put("consume", scenarios::consumeFromOthers);
    runAll(bodies);
  }

  private void runPhase(Map<String, Body> bodies) {
    bodies.put("create-topics", () -> {
      throw new Unsupported("topics are made by auto-creation");
    });
    bodies.put("keyed-and-headed-records", this::keyedAndHeaded);
    for (String codec : Arrays.asList("gzip", "snappy", "lz4", "zstd")) bodies.put("compression-" + codec, () -> compression(codec));
    bodies.put("several-partitions", this::severalPartitions);
    bodies.put("group-of-two", this::groupOfTwo);
    bodies.put("commit-and-resume", this::commitAndResume);
    bodies.put("seek-by-time", this::seekByTime);
    bodies.put("empty-and-large-records", this::emptyAndLarge);
    bodies.put("describe-and-delete", () -> {
      throw new Unsupported("no calls that all of these clients have");
    });
    bodies.put("idempotent-produce", this::idempotent);
    bodies.put("before-kill", this::beforeKill);
  }

  private static Method method(Class<?> type, String name, Class<?>... parameters) {
    try {
      return type.getMethod(name, parameters);
    } catch (NoSuchMethodException error) {
      return null;
    }
  }

  private static final Method HEADERS = method(ProducerRecord.class, "headers");
  /** CompressionType.ZSTD, of 2.1. */
  private static final boolean HAS_ZSTD = Arrays.stream(org.apache.kafka.common.record.CompressionType.values())
      .anyMatch(type -> type.name.equals("zstd"));

  private List<RecordMetadata> produce(List<ProducerRecord<byte[], byte[]>> records, Object... settings) throws Exception {
    Map<String, Object> all = new HashMap<>();
    all.put("bootstrap.servers", bootstrap);
    all.put("max.request.size", 4 << 20);
    all.put("acks", "all");
    for (int i = 0; i < settings.length; i += 2) all.put((String) settings[i], settings[i + 1]);
    Producer<byte[], byte[]> producer = new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    try {
      List<Future<RecordMetadata>> futures = new ArrayList<>();
      for (ProducerRecord<byte[], byte[]> record : records) futures.add(producer.send(record));
      List<RecordMetadata> metadata = new ArrayList<>();
      for (Future<RecordMetadata> future : futures) metadata.add(future.get(90, TimeUnit.SECONDS));
      return metadata;
    } finally {
      producer.close();
    }
  }

  private static List<ProducerRecord<byte[], byte[]>> texts(String topic, List<String> values, int partitions) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) records.add(new ProducerRecord<>(topic, i % partitions, null, bytes(values.get(i))));
    return records;
  }

  private KafkaConsumer<byte[], byte[]> consumer(String group) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", false);
    settings.put("fetch.max.wait.ms", 100);
    settings.put("session.timeout.ms", 30000);
    settings.put("heartbeat.interval.ms", 300);
    settings.put("max.partition.fetch.bytes", 4 << 20);
    settings.put("group.id", group);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(topic + "-reader-" + UUID.randomUUID())) {
      consumer.subscribe(Arrays.asList(topic));
      eventually(count + " records of " + topic, () -> {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(100)) records.add(record);
        return records.size() >= count;
      });
    }
    equal(records.size(), count);
    return records;
  }

  private static List<String> values(List<ConsumerRecord<byte[], byte[]>> records, int partition) {
    return records.stream().filter(r -> partition < 0 || r.partition() == partition).map(r -> text(r.value())).collect(Collectors.toList());
  }

  private void keyedAndHeaded() throws Exception {
    String topic = prefix + "-a";
    List<ProducerRecord<byte[], byte[]>> wanted = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, bytes("key-" + i), bytes("value-" + i));
      if (HEADERS != null) addHeader(HEADERS.invoke(record), "first", bytes("h" + i));
      if (HEADERS != null) addHeader(HEADERS.invoke(record), "empty", new byte[0]);
      wanted.add(record);
    }
    produce(wanted);
    List<ConsumerRecord<byte[], byte[]>> seen = read(topic, 10);
    for (int i = 0; i < 10; i++) {
      equal(seen.get(i).offset(), (long) i);
      equal(text(seen.get(i).key()), "key-" + i);
      equal(text(seen.get(i).value()), "value-" + i);
      if (HEADERS != null) equal(method(ConsumerRecord.class, "headers").invoke(seen.get(i)), HEADERS.invoke(wanted.get(i)));
    }
  }

  private static void addHeader(Object headers, String name, byte[] value) throws Exception {
    Method add = Class.forName("org.apache.kafka.common.header.Headers").getMethod("add", String.class, byte[].class);
    add.invoke(headers, name, value);
  }

  private void compression(String codec) throws Exception {
    if (codec.equals("zstd") && !HAS_ZSTD) throw new Unsupported("zstd came with 2.1");
    String topic = prefix + "-" + codec;
    List<String> values = compressibleValues(200);
    produce(texts(topic, values, 1), "compression.type", codec, "linger.ms", 50);
    equal(values(read(topic, 200), -1), values);
  }

  private void severalPartitions() throws Exception {
    String topic = prefix + "-b";
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 300; i++) records.add(new ProducerRecord<>(topic, bytes("k" + i % 30), bytes(String.valueOf(i))));
    produce(records);
    Map<String, List<ConsumerRecord<byte[], byte[]>>> byKey = read(topic, 300).stream().collect(Collectors.groupingBy(r -> text(r.key())));
    equal(byKey.size(), 30);
    byKey.forEach((key, ofKey) -> {
      equal(ofKey.stream().map(ConsumerRecord::partition).distinct().count(), 1L);
      equal(values(ofKey, -1), numbers(Integer.parseInt(key.substring(1)), 300, 30));
    });
  }

  private final class Member extends Thread {
    final Set<String> seen;
    final String topic;
    volatile int owned;
    volatile boolean stopped;

    Member(String topic, Set<String> seen) {
      this.topic = topic;
      this.seen = seen;
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer(topic + "-members")) {
        consumer.subscribe(Arrays.asList(topic));
        while (!stopped) {
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(50)) seen.add(text(record.value()));
          owned = consumer.assignment().size();
        }
      }
    }
  }

  private void groupOfTwo() throws Exception {
    String topic = prefix + "-group";
    produce(texts(topic, numbers(0, 100, 1), 4));
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Member first = new Member(topic, seen);
    Member second = new Member(topic, seen);
    eventually("both members own two partitions", () -> pause() && first.owned == 2 && second.owned == 2);
    first.stopped = true;
    first.join();
    eventually("the second member owns all", () -> pause() && second.owned == 4);
    eventually("every record", () -> pause() && seen.size() == 100);
    second.stopped = true;
    second.join();
  }

  private static boolean pause() {
    try {
      Thread.sleep(20);
      return true;
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }

  private void commitAndResume() throws Exception {
    String topic = prefix + "-resume";
    String group = topic + "-group";
    TopicPartition partition = new TopicPartition(topic, 0);
    produce(texts(topic, numbers(0, 100, 1), 1));
    try (KafkaConsumer<byte[], byte[]> first = consumer(group)) {
      first.subscribe(Arrays.asList(topic));
      int[] count = {0};
      eventually("60 records", () -> (count[0] += first.poll(100).count()) >= 60);
      first.commitSync(Collections.singletonMap(partition, new OffsetAndMetadata(60)));
    }
    List<String> rest = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> second = consumer(group)) {
      equal(second.committed(partition).offset(), 60L);
      second.subscribe(Arrays.asList(topic));
      eventually("40 records", () -> {
        for (ConsumerRecord<byte[], byte[]> record : second.poll(100)) rest.add(text(record.value()));
        return rest.size() >= 40;
      });
    }
    equal(rest, numbers(60, 100, 1));
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private void seekByTime() throws Exception {
    Method offsetsForTimes = method(KafkaConsumer.class, "offsetsForTimes", Map.class);
    if (offsetsForTimes == null) throw new Unsupported("offsets by time came with 0.10.1");
    String topic = prefix + "-time";
    TopicPartition partition = new TopicPartition(topic, 0);
    long start = System.currentTimeMillis() - 60_000;
    java.lang.reflect.Constructor<ProducerRecord> timed = ProducerRecord.class.getConstructor(String.class, Integer.class, Long.class, Object.class, Object.class);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 10; i++) records.add(timed.newInstance(topic, 0, start + i * 1000L, null, bytes(String.valueOf(i))));
    produce(records);
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(topic + "-nobody")) {
      for (long[] asked : new long[][] {{5000, 5}, {4001, 5}, {10_000, -1}}) {
        Map<?, ?> found = (Map<?, ?>) offsetsForTimes.invoke(consumer, Collections.singletonMap(partition, start + asked[0]));
        Object at = found.get(partition);
        equal(at == null ? -1L : at.getClass().getMethod("offset").invoke(at), asked[1]);
      }
      consumer.assign(Arrays.asList(partition));
      consumer.seek(partition, 5);
      List<String> values = new ArrayList<>();
      eventually("the rest", () -> {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(100)) values.add(text(record.value()));
        return values.size() >= 5;
      });
      equal(values, numbers(5, 10, 1));
    }
  }

  private void emptyAndLarge() throws Exception {
    String topic = prefix + "-sizes";
    String[][] wanted = {{"a", ""}, {"b", null}, {"", "empty key"}, {"d", new String(new char[1 << 20]).replace('\0', 'x')}};
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (String[] record : wanted) records.add(new ProducerRecord<>(topic, 0, bytes(record[0]), bytes(record[1])));
    produce(records);
    List<ConsumerRecord<byte[], byte[]>> seen = read(topic, 4);
    for (int i = 0; i < 4; i++) equal(Arrays.asList(text(seen.get(i).key()), text(seen.get(i).value())), Arrays.asList(wanted[i]));
  }

  private void idempotent() throws Exception {
    if (HEADERS == null) throw new Unsupported("idempotent producers came with 0.11");
    String topic = prefix + "-idempotent";
    produce(texts(topic, numbers(0, 500, 1), 1), "enable.idempotence", true, "batch.size", 200);
    equal(values(read(topic, 500), -1), numbers(0, 500, 1));
  }

  private void beforeKill() throws Exception {
    String topic = prefix + "-durable";
    produce(texts(topic, numbers(0, 1000, 1), 2));
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    offsets.put(new TopicPartition(topic, 0), new OffsetAndMetadata(123));
    offsets.put(new TopicPartition(topic, 1), new OffsetAndMetadata(45));
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(topic + "-group")) {
      consumer.assign(new ArrayList<>(offsets.keySet()));
      consumer.commitSync(offsets);
    }
  }

  private void afterKill() throws Exception {
    String topic = prefix + "-durable";
    List<ConsumerRecord<byte[], byte[]>> records = read(topic, 1000);
    for (int partition = 0; partition < 2; partition++) equal(values(records, partition), numbers(partition, 1000, 2));
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(topic + "-group")) {
      equal(consumer.committed(new TopicPartition(topic, 0)).offset(), 123L);
      equal(consumer.committed(new TopicPartition(topic, 1)).offset(), 45L);
    }
    produce(texts(topic, numbers(0, 10, 1), 1));
    read(topic, 1010);
  }

  private void produceForOthers() throws Exception {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (String value : numbers(0, 50, 1)) records.add(new ProducerRecord<>(prefix, 0, bytes("key-" + value), bytes(value)));
    produce(records.subList(0, 25));
    produce(records.subList(25, 50), "compression.type", "gzip");
  }

  private void consumeFromOthers() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(prefix + "-" + UUID.randomUUID())) {
      consumer.assign(Arrays.asList(new TopicPartition(prefix, 0)));
      consumer.seek(new TopicPartition(prefix, 0), 0);
      eventually("the end", () -> {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(100)) records.add(record);
        return !records.isEmpty() && "end".equals(text(records.get(records.size() - 1).value()));
      });
    }
    printRecords(records.stream().map(r -> r.offset() + " " + text(r.key()) + " " + text(r.value())).collect(Collectors.toList()));
  }
}
