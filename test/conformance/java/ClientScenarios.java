// The conformance scenarios through Kafka's own Java clients.

import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.BooleanSupplier;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

public final class ClientScenarios {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private interface Body {
    void run() throws Exception;
  }

  /** Of a file of properties that WALKA_CLIENT_PROPERTIES names. */
  private static final Map<String, Object> SECURITY = security();

  private static Map<String, Object> security() {
    Map<String, Object> settings = new HashMap<>();
    String file = System.getenv("WALKA_CLIENT_PROPERTIES");
    if (file == null) return settings;
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(file))) {
      properties.load(reader);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    properties.forEach((name, value) -> settings.put((String) name, value));
    return settings;
  }

  private final String bootstrap;
  private final String prefix;

  private ClientScenarios(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
  }

  public static void main(String[] args) {
    ClientScenarios scenarios = new ClientScenarios(args[0], args[2]);
    Map<String, Body> bodies = args[1].equals("run") ? scenarios.runPhase() : Map.of("after-kill", scenarios::afterKill);
    String wanted = System.getenv("WALKA_CLIENT_SCENARIOS");
    bodies.forEach((scenario, body) -> {
      if (wanted == null || List.of(wanted.split(",")).contains(scenario)) report(scenario, body);
    });
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private Map<String, Body> runPhase() {
    Map<String, Body> bodies = new LinkedHashMap<>();
    bodies.put("create-topics", this::createTopics);
    bodies.put("keyed-and-headed-records", this::keyedAndHeaded);
    for (String codec : List.of("gzip", "snappy", "lz4", "zstd")) bodies.put("compression-" + codec, () -> compression(codec));
    bodies.put("several-partitions", this::severalPartitions);
    bodies.put("group-of-two", this::groupOfTwo);
    bodies.put("commit-and-resume", this::commitAndResume);
    bodies.put("seek-by-time", this::seekByTime);
    bodies.put("empty-and-large-records", this::emptyAndLarge);
    bodies.put("describe-and-delete", this::describeAndDelete);
    bodies.put("idempotent-produce", this::idempotent);
    bodies.put("before-kill", this::beforeKill);
    return bodies;
  }

  private static void report(String scenario, Body body) {
    try {
      body.run();
      System.out.println("{\"scenario\":\"" + scenario + "\",\"ok\":true}");
    } catch (Throwable error) {
      java.io.StringWriter text = new java.io.StringWriter();
      error.printStackTrace(new java.io.PrintWriter(text));
      String escaped = text.toString().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", " ").replace("\r", "");
      System.out.println("{\"scenario\":\"" + scenario + "\",\"ok\":false,\"detail\":\"" + escaped + "\"}");
    }
  }

  private static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) throw new AssertionError("got " + shorten(actual) + ", expected " + shorten(expected));
  }

  private static String shorten(Object value) {
    String text = String.valueOf(value);
    return text.length() < 400 ? text : text.substring(0, 400) + "...";
  }

  private static void eventually(String what, BooleanSupplier probe) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!probe.getAsBoolean()) {
      if (System.nanoTime() > deadline) throw new AssertionError("waited too long for: " + what);
    }
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> numbers(int from, int end, int step) {
    return IntStream.iterate(from, i -> i < end, i -> i + step).mapToObj(String::valueOf).collect(Collectors.toList());
  }

  /** What all clients are told: where the broker is, and how to say who they are. */
  private Map<String, Object> common() {
    Map<String, Object> settings = new HashMap<>(SECURITY);
    settings.put("bootstrap.servers", bootstrap);
    return settings;
  }

  private Admin admin() {
    return Admin.create(common());
  }

  private void create(String topic, int partitions, Map<String, String> configs) throws Exception {
    try (Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs))).all().get();
      eventually("the topic is known", () -> {
        try {
          return admin.listTopics().names().get().contains(topic);
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      });
    }
  }

  private List<RecordMetadata> produce(List<ProducerRecord<byte[], byte[]>> records, Map<String, Object> settings) throws Exception {
    Map<String, Object> all = common();
    all.putAll(Map.of("max.request.size", 4 << 20, "acks", "all", "enable.idempotence", false));
    all.putAll(settings);
    try (Producer<byte[], byte[]> producer = new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<Future<RecordMetadata>> futures = new ArrayList<>();
      for (ProducerRecord<byte[], byte[]> record : records) futures.add(producer.send(record));
      List<RecordMetadata> metadata = new ArrayList<>();
      for (Future<RecordMetadata> future : futures) metadata.add(future.get(90, TimeUnit.SECONDS));
      return metadata;
    }
  }

  private static List<ProducerRecord<byte[], byte[]>> texts(String topic, List<String> values, int partitions) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) records.add(new ProducerRecord<>(topic, i % partitions, null, bytes(values.get(i))));
    return records;
  }

  private Consumer<byte[], byte[]> consumer(String group) {
    Map<String, Object> settings = common();
    settings.putAll(Map.of("auto.offset.reset", "earliest", "enable.auto.commit", false, "fetch.max.wait.ms", 100));
    // With the consumer protocol, the broker says how long a session is.
    if ("consumer".equals(System.getenv("GROUP_PROTOCOL"))) settings.put("group.protocol", "consumer");
    else settings.putAll(Map.of("session.timeout.ms", 30000, "heartbeat.interval.ms", 300));
    if (group != null) settings.put("group.id", group);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (Consumer<byte[], byte[]> consumer = consumer(topic + "-reader-" + UUID.randomUUID())) {
      consumer.subscribe(List.of(topic));
      eventually(count + " records of " + topic, () -> {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        return records.size() >= count;
      });
    }
    equal(records.size(), count);
    return records;
  }

  private static List<String> values(List<ConsumerRecord<byte[], byte[]>> records, int partition) {
    return records.stream().filter(r -> partition < 0 || r.partition() == partition).map(r -> text(r.value())).collect(Collectors.toList());
  }

  private void createTopics() throws Exception {
    create(prefix + "-a", 1, Map.of());
    create(prefix + "-b", 3, Map.of("max.message.bytes", "4194304"));
    try {
      create(prefix + "-a", 1, Map.of());
      throw new AssertionError("an existing topic was created again");
    } catch (ExecutionException error) {
      equal(error.getCause().getClass(), TopicExistsException.class);
    }
    try (Admin admin = admin()) {
      Map<String, TopicDescription> topics = admin.describeTopics(List.of(prefix + "-a", prefix + "-b")).allTopicNames().get();
      equal(topics.get(prefix + "-a").partitions().size(), 1);
      equal(topics.get(prefix + "-b").partitions().size(), 3);
    }
  }

  private void keyedAndHeaded() throws Exception {
    String topic = prefix + "-a";
    List<ProducerRecord<byte[], byte[]>> wanted = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, bytes("key-" + i), bytes("value-" + i));
      record.headers().add(new RecordHeader("first", bytes("h" + i))).add(new RecordHeader("empty", new byte[0]));
      wanted.add(record);
    }
    produce(wanted, Map.of());
    List<ConsumerRecord<byte[], byte[]>> seen = read(topic, 10);
    for (int i = 0; i < 10; i++) {
      equal(seen.get(i).offset(), (long) i);
      equal(text(seen.get(i).key()), "key-" + i);
      equal(text(seen.get(i).value()), "value-" + i);
      equal(seen.get(i).headers(), wanted.get(i).headers());
    }
  }

  private void compression(String codec) throws Exception {
    String topic = prefix + "-" + codec;
    create(topic, 1, Map.of());
    List<String> values = IntStream.range(0, 200).mapToObj(i -> (i + ":" + "walka ".repeat(100)).substring(0, 500)).collect(Collectors.toList());
    produce(texts(topic, values, 1), Map.of("compression.type", codec, "linger.ms", 50));
    equal(values(read(topic, 200), -1), values);
  }

  private void severalPartitions() throws Exception {
    String topic = prefix + "-b";
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 300; i++) records.add(new ProducerRecord<>(topic, bytes("k" + i % 30), bytes(String.valueOf(i))));
    produce(records, Map.of());
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
      try (Consumer<byte[], byte[]> consumer = consumer(topic + "-members")) {
        consumer.subscribe(List.of(topic));
        while (!stopped) {
          consumer.poll(Duration.ofMillis(50)).forEach(record -> seen.add(text(record.value())));
          owned = consumer.assignment().size();
        }
      }
    }
  }

  private void groupOfTwo() throws Exception {
    String topic = prefix + "-group";
    create(topic, 4, Map.of());
    produce(texts(topic, numbers(0, 100, 1), 4), Map.of());
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
    create(topic, 1, Map.of());
    produce(texts(topic, numbers(0, 100, 1), 1), Map.of());
    try (Consumer<byte[], byte[]> first = consumer(group)) {
      first.subscribe(List.of(topic));
      int[] count = {0};
      eventually("60 records", () -> (count[0] += first.poll(Duration.ofMillis(100)).count()) >= 60);
      first.commitSync(Map.of(partition, new OffsetAndMetadata(60)));
    }
    List<String> rest = new ArrayList<>();
    try (Consumer<byte[], byte[]> second = consumer(group); Admin admin = admin()) {
      equal(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), 60L);
      second.subscribe(List.of(topic));
      eventually("40 records", () -> {
        second.poll(Duration.ofMillis(100)).forEach(record -> rest.add(text(record.value())));
        return rest.size() >= 40;
      });
    }
    equal(rest, numbers(60, 100, 1));
  }

  private void seekByTime() throws Exception {
    String topic = prefix + "-time";
    TopicPartition partition = new TopicPartition(topic, 0);
    create(topic, 1, Map.of());
    long start = System.currentTimeMillis() - 60_000;
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 10; i++) records.add(new ProducerRecord<>(topic, 0, start + i * 1000L, null, bytes(String.valueOf(i))));
    produce(records, Map.of());
    try (Consumer<byte[], byte[]> consumer = consumer(null); Admin admin = admin()) {
      equal(consumer.offsetsForTimes(Map.of(partition, start + 5000)).get(partition).offset(), 5L);
      equal(consumer.offsetsForTimes(Map.of(partition, start + 4001)).get(partition).offset(), 5L);
      equal(consumer.offsetsForTimes(Map.of(partition, start + 10_000)).get(partition), null);
      equal(admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).partitionResult(partition).get().offset(), 9L);
      consumer.assign(List.of(partition));
      consumer.seek(partition, 5);
      List<String> values = new ArrayList<>();
      eventually("the rest", () -> {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(text(record.value())));
        return values.size() >= 5;
      });
      equal(values, numbers(5, 10, 1));
    }
  }

  private void emptyAndLarge() throws Exception {
    String topic = prefix + "-sizes";
    create(topic, 1, Map.of("max.message.bytes", "4194304"));
    String[][] wanted = {{"a", ""}, {"b", null}, {"", "empty key"}, {"d", "x".repeat(1 << 20)}};
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (String[] record : wanted) records.add(new ProducerRecord<>(topic, bytes(record[0]), bytes(record[1])));
    produce(records, Map.of());
    List<ConsumerRecord<byte[], byte[]>> seen = read(topic, 4);
    for (int i = 0; i < 4; i++) equal(List.of(text(seen.get(i).key()), String.valueOf(text(seen.get(i).value()))), List.of(wanted[i][0], String.valueOf(wanted[i][1])));
  }

  private void describeAndDelete() throws Exception {
    try (Admin admin = admin()) {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, prefix + "-b");
      ConfigEntry entry = admin.describeConfigs(List.of(resource)).all().get().get(resource).get("max.message.bytes");
      equal(entry.value(), "4194304");
      equal(entry.source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
      String group = prefix + "-resume-group";
      equal(admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupState().toString(), "Empty");
      String doomed = prefix + "-doomed";
      create(doomed, 1, Map.of());
      admin.deleteTopics(List.of(doomed)).all().get();
      eventually("the topic is gone", () -> {
        try {
          return !admin.listTopics().names().get().contains(doomed);
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      });
    }
  }

  private void idempotent() throws Exception {
    String topic = prefix + "-idempotent";
    create(topic, 1, Map.of());
    produce(texts(topic, numbers(0, 500, 1), 1), Map.of("enable.idempotence", true, "batch.size", 200));
    equal(values(read(topic, 500), -1), numbers(0, 500, 1));
  }

  private void beforeKill() throws Exception {
    String topic = prefix + "-durable";
    create(topic, 2, Map.of());
    produce(texts(topic, numbers(0, 1000, 1), 2), Map.of());
    try (Admin admin = admin()) {
      admin.alterConsumerGroupOffsets(topic + "-group", Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(123), new TopicPartition(topic, 1), new OffsetAndMetadata(45))).all().get();
    }
  }

  private void afterKill() throws Exception {
    String topic = prefix + "-durable";
    List<ConsumerRecord<byte[], byte[]>> records = read(topic, 1000);
    for (int partition = 0; partition < 2; partition++) equal(values(records, partition), numbers(partition, 1000, 2));
    try (Admin admin = admin()) {
      Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(topic + "-group").partitionsToOffsetAndMetadata().get();
      equal(offsets.get(new TopicPartition(topic, 0)).offset(), 123L);
      equal(offsets.get(new TopicPartition(topic, 1)).offset(), 45L);
    }
    produce(texts(topic, numbers(0, 10, 1), 1), Map.of());
    read(topic, 1010);
  }
}
