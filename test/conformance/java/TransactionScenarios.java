// The scenarios of transactions through Kafka's own Java clients; see scenarios.md.

import java.time.Duration;
import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

public final class TransactionScenarios {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration POLL = Duration.ofMillis(100);

  private interface Body {
    void run() throws Exception;
  }

  private final String bootstrap;
  private final String prefix;

  private TransactionScenarios(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
  }

  public static void main(String[] args) {
    TransactionScenarios scenarios = new TransactionScenarios(args[0], args[2]);
    Map<String, Body> bodies = new LinkedHashMap<>();
    if (args[1].equals("run")) {
      bodies.put("transactions", scenarios::transactions);
      bodies.put("transform", scenarios::transform);
      bodies.put("before-kill", scenarios::beforeKill);
    } else bodies.put("after-kill", scenarios::afterKill);
    bodies.forEach(TransactionScenarios::report);
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static void report(String scenario, Body body) {
    try {
      body.run();
      System.out.println("{\"scenario\":\"" + scenario + "\",\"ok\":true}");
    } catch (Throwable error) {
      String text = Stream.concat(Stream.of(error.toString()), Arrays.stream(error.getStackTrace()).limit(8).map(Object::toString))
          .collect(Collectors.joining("\\n")).replace("\"", "'").replace("\n", "\\n").replace("\t", " ");
      System.out.println("{\"scenario\":\"" + scenario + "\",\"ok\":false,\"detail\":\"" + text + "\"}");
    }
  }

  private static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) throw new AssertionError("got " + actual + ", expected " + expected);
  }

  private void create(String topic, int partitions) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }
  }

  private Producer<String, String> producer(String transactionalId) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
    if (transactionalId != null) settings.put("transactional.id", transactionalId);
    Producer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    if (transactionalId != null) producer.initTransactions();
    return producer;
  }

  private Consumer<String, String> consumer(String group, String topic, String isolation) {
    Consumer<String, String> consumer = new KafkaConsumer<>(
        Map.of("bootstrap.servers", bootstrap, "group.id", group, "isolation.level", isolation, "enable.auto.commit", false,
            "auto.offset.reset", "earliest", "fetch.max.wait.ms", 100, "heartbeat.interval.ms", 300),
        new StringDeserializer(), new StringDeserializer());
    consumer.subscribe(List.of(topic));
    return consumer;
  }

  /** Reads until `end` has come `ends` times; gives the other values, sorted. */
  private List<String> readToEnd(String topic, int ends, String isolation) {
    List<String> values = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try (Consumer<String, String> consumer = consumer(topic + "-reader-" + UUID.randomUUID(), topic, isolation)) {
      while (Collections.frequency(values, "end") < ends) {
        if (System.nanoTime() > deadline) throw new AssertionError("no end of " + topic + " after " + values);
        consumer.poll(POLL).forEach(record -> values.add(record.value()));
      }
    }
    return values.stream().filter(value -> !value.equals("end")).sorted().collect(Collectors.toList());
  }

  private static List<String> values(String... prefixesAndCounts) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < prefixesAndCounts.length; i += 2) {
      for (int n = 0; n < Integer.parseInt(prefixesAndCounts[i + 1]); n++) values.add(prefixesAndCounts[i] + n);
    }
    Collections.sort(values);
    return values;
  }

  private static void send(Producer<String, String> producer, String topic, int partitions, String prefix, int count) throws Exception {
    List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
    for (int n = 0; n < count; n++) sent.add(producer.send(new ProducerRecord<>(topic, n % partitions, null, prefix + n)));
    for (java.util.concurrent.Future<RecordMetadata> future : sent) future.get();
  }

  private void writeEnds(String topic, int partitions) throws Exception {
    try (Producer<String, String> producer = producer(null)) {
      for (int partition = 0; partition < partitions; partition++) producer.send(new ProducerRecord<>(topic, partition, null, "end")).get();
    }
  }

  private void transactions() throws Exception {
    String topic = prefix + "-tx";
    create(topic, 2);
    try (Producer<String, String> producer = producer(topic + "-id")) {
      producer.beginTransaction();
      send(producer, topic, 2, "a", 10);
      producer.commitTransaction();
      producer.beginTransaction();
      send(producer, topic, 2, "b", 10);
      producer.abortTransaction();
      producer.beginTransaction();
      send(producer, topic, 2, "c", 5);
      producer.commitTransaction();
    }
    writeEnds(topic, 2);
    equal(readToEnd(topic, 2, "read_committed"), values("a", "10", "c", "5"));
    equal(readToEnd(topic, 2, "read_uncommitted"), values("a", "10", "b", "10", "c", "5"));
  }

  private Long committed(String group, TopicPartition partition) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      ListConsumerGroupOffsetsOptions stable = new ListConsumerGroupOffsetsOptions().requireStable(true);
      OffsetAndMetadata found = admin.listConsumerGroupOffsets(group, stable).partitionsToOffsetAndMetadata().get().get(partition);
      return found == null ? null : found.offset();
    }
  }

  private void transform() throws Exception {
    String from = prefix + "-in";
    String to = prefix + "-out";
    String group = prefix + "-transform";
    TopicPartition partition = new TopicPartition(from, 0);
    create(from, 1);
    create(to, 1);
    try (Producer<String, String> plain = producer(null)) {
      send(plain, from, 1, "", 20);
    }
    try (Producer<String, String> producer = producer(to + "-id")) {
      for (boolean commits : List.of(false, true)) {
        try (Consumer<String, String> consumer = consumer(group, from, "read_committed")) {
          List<String> read = new ArrayList<>();
          long deadline = System.nanoTime() + LIMIT.toNanos();
          while (read.size() < 20 && System.nanoTime() < deadline) consumer.poll(POLL).forEach(record -> read.add(record.value()));
          equal(read.size(), 20);
          producer.beginTransaction();
          for (String value : read) producer.send(new ProducerRecord<>(to, 0, null, "x" + value));
          producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(20)), consumer.groupMetadata());
          if (commits) producer.commitTransaction();
          else producer.abortTransaction();
        }
        equal(committed(group, partition), commits ? 20L : null);
      }
    }
    writeEnds(to, 1);
    equal(readToEnd(to, 1, "read_committed"), values("x", "20"));
  }

  private void beforeKill() throws Exception {
    String topic = prefix + "-survivors";
    create(topic, 1);
    Producer<String, String> producer = producer(prefix + "-survivor");
    producer.beginTransaction();
    send(producer, topic, 1, "a", 5);
    producer.commitTransaction();
    producer.beginTransaction();
    send(producer, topic, 1, "b", 5);
  }

  private void afterKill() throws Exception {
    String topic = prefix + "-survivors";
    try (Producer<String, String> producer = producer(prefix + "-survivor")) {
      producer.beginTransaction();
      send(producer, topic, 1, "c", 5);
      producer.commitTransaction();
    }
    writeEnds(topic, 1);
    equal(readToEnd(topic, 1, "read_committed"), values("a", "5", "c", "5"));
  }
}
