// The scenarios of share groups through Kafka's own Java clients; see scenarios.md.

import java.time.Duration;
import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.*;

public final class ShareScenarios {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration POLL = Duration.ofMillis(300);

  private interface Body {
    void run() throws Exception;
  }

  private final String bootstrap;
  private final String prefix;

  private ShareScenarios(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
  }

  public static void main(String[] args) {
    ShareScenarios scenarios = new ShareScenarios(args[0], args[2]);
    Map<String, Body> bodies = new LinkedHashMap<>();
    if (args[1].equals("run")) {
      bodies.put("share", scenarios::share);
      bodies.put("acknowledge", scenarios::acknowledge);
      bodies.put("committed", scenarios::committed);
      bodies.put("offsets", scenarios::offsets);
      bodies.put("before-kill", scenarios::beforeKill);
    } else bodies.put("after-kill", scenarios::afterKill);
    bodies.forEach(ShareScenarios::report);
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

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  /** Makes a topic, and a group that reads it from its start. */
  private void create(String name, int partitions, Map<String, String> settings) throws Exception {
    try (Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
      List<AlterConfigOp> ops = new ArrayList<>();
      ops.add(new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET));
      settings.forEach((key, value) -> ops.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
      admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, name), ops)).all().get();
    }
  }

  private void produce(String topic, int first, int count) throws Exception {
    try (Producer<String, String> producer =
        new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
      for (int i = first; i < first + count; i++) producer.send(new ProducerRecord<>(topic, "v" + i)).get();
    }
  }

  private ShareConsumer<String, String> consumer(String group, String mode) {
    Map<String, Object> settings = new HashMap<>(
        Map.of("bootstrap.servers", bootstrap, "group.id", group, "share.acknowledgement.mode", mode));
    ShareConsumer<String, String> consumer =
        new KafkaShareConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    consumer.subscribe(List.of(group));
    return consumer;
  }

  /** Polls until `wanted` values have come, accepting what comes; each value once. */
  private static void drain(ShareConsumer<String, String> consumer, Collection<String> values, int wanted) {
    long until = System.nanoTime() + LIMIT.toNanos();
    while (values.size() < wanted) {
      if (System.nanoTime() > until) throw new AssertionError("only " + values.size() + " of " + wanted + " values came");
      for (ConsumerRecord<String, String> record : consumer.poll(POLL)) values.add(record.value());
    }
  }

  /** Two members get all records of four partitions between them, each record once. */
  private void share() throws Exception {
    String name = prefix + "-share";
    create(name, 4, Map.of());
    produce(name, 0, 100);
    List<String> values = Collections.synchronizedList(new ArrayList<>());
    List<Thread> members = new ArrayList<>();
    long until = System.nanoTime() + LIMIT.toNanos();
    for (int i = 0; i < 2; i++) {
      Thread member = new Thread(() -> {
        try (ShareConsumer<String, String> consumer = consumer(name, "implicit")) {
          while (values.size() < 100 && System.nanoTime() < until) {
            for (ConsumerRecord<String, String> record : consumer.poll(POLL)) values.add(record.value());
          }
          consumer.commitSync();
        }
      });
      members.add(member);
      member.start();
    }
    for (Thread member : members) member.join();
    equal(values.size(), 100);
    equal(new HashSet<>(values).size(), 100);
  }

  /** Of ten records one is released and comes again, one is rejected, one is renewed before it is accepted. */
  private void acknowledge() throws Exception {
    String name = prefix + "-acknowledge";
    create(name, 1, Map.of());
    produce(name, 0, 10);
    Map<String, Short> deliveries = new TreeMap<>();
    Set<String> accepted = new TreeSet<>();
    boolean isRenewed = false;
    try (ShareConsumer<String, String> consumer = consumer(name, "explicit")) {
      long until = System.nanoTime() + LIMIT.toNanos();
      while (accepted.size() < 9) {
        if (System.nanoTime() > until) throw new AssertionError("only " + accepted + " were accepted");
        for (ConsumerRecord<String, String> record : consumer.poll(POLL)) {
          deliveries.put(record.value(), record.deliveryCount().orElse((short) 0));
          if (record.value().equals("v3") && deliveries.get("v3") == 1) consumer.acknowledge(record, AcknowledgeType.RELEASE);
          else if (record.value().equals("v5")) consumer.acknowledge(record, AcknowledgeType.REJECT);
          else if (record.value().equals("v7") && !isRenewed) {
            isRenewed = true;
            consumer.acknowledge(record, AcknowledgeType.RENEW);
          } else {
            consumer.acknowledge(record, AcknowledgeType.ACCEPT);
            accepted.add(record.value());
          }
        }
        consumer.commitSync().values().forEach(error -> error.ifPresent(e -> { throw e; }));
      }
    }
    equal(deliveries.get("v3"), (short) 2);
    equal(deliveries.get("v7"), (short) 1);
    equal(accepted.contains("v5"), false);
  }

  /** A group that reads committed records gets none of an aborted transaction. */
  private void committed() throws Exception {
    String name = prefix + "-committed";
    create(name, 1, Map.of("share.isolation.level", "read_committed"));
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "transactional.id", name);
    try (Producer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      for (String outcome : List.of("c1", "a1", "c2", "a2")) {
        producer.beginTransaction();
        for (int i = 0; i < 5; i++) producer.send(new ProducerRecord<>(name, outcome + i));
        if (outcome.startsWith("c")) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    produce(name, 0, 1);
    List<String> values = new ArrayList<>();
    try (ShareConsumer<String, String> consumer = consumer(name, "implicit")) {
      drain(consumer, values, 11);
    }
    equal(values.stream().filter(value -> value.startsWith("a")).count(), 0L);
  }

  /** The group is listed and described; its offsets are described, moved back and deleted. */
  private void offsets() throws Exception {
    String name = prefix + "-offsets";
    create(name, 1, Map.of());
    produce(name, 0, 10);
    TopicPartition partition = new TopicPartition(name, 0);
    List<String> values = new ArrayList<>();
    try (Admin admin = admin()) {
      try (ShareConsumer<String, String> consumer = consumer(name, "implicit")) {
        drain(consumer, values, 10);
        consumer.commitSync();
        ShareGroupDescription described = admin.describeShareGroups(List.of(name)).all().get().get(name);
        equal(described.groupState(), GroupState.STABLE);
        equal(described.members().size(), 1);
      }
      long until = System.nanoTime() + LIMIT.toNanos();
      while (!admin.describeShareGroups(List.of(name)).all().get().get(name).members().isEmpty()) {
        if (System.nanoTime() > until) throw new AssertionError("the member did not leave");
        Thread.sleep(50);
      }
      admin.alterShareGroupOffsets(name, Map.of(partition, 4L)).all().get();
      Map<String, ListShareGroupOffsetsSpec> all = Map.of(name, new ListShareGroupOffsetsSpec());
      equal(admin.listShareGroupOffsets(all).partitionsToOffsetInfo(name).get().get(partition).startOffset(), 4L);
      values.clear();
      try (ShareConsumer<String, String> consumer = consumer(name, "implicit")) {
        drain(consumer, values, 6);
        consumer.commitSync();
      }
      equal(values, List.of("v4", "v5", "v6", "v7", "v8", "v9"));
      while (!admin.describeShareGroups(List.of(name)).all().get().get(name).members().isEmpty()) Thread.sleep(50);
      admin.deleteShareGroupOffsets(name, Set.of(name)).all().get();
      admin.deleteShareGroups(List.of(name)).all().get();
    }
  }

  /** Ten records are accepted, ten more acquired and not acknowledged. */
  private void beforeKill() throws Exception {
    String name = prefix + "-survivors";
    create(name, 1, Map.of());
    produce(name, 0, 10);
    ShareConsumer<String, String> consumer = consumer(name, "explicit");
    Set<String> values = new HashSet<>();
    long until = System.nanoTime() + LIMIT.toNanos();
    while (values.size() < 10 && System.nanoTime() < until) {
      for (ConsumerRecord<String, String> record : consumer.poll(POLL)) {
        consumer.acknowledge(record, AcknowledgeType.ACCEPT);
        values.add(record.value());
      }
      consumer.commitSync().values().forEach(error -> error.ifPresent(e -> { throw e; }));
    }
    equal(values.size(), 10);
    produce(name, 10, 10);
    int acquired = 0;
    while (acquired == 0 && System.nanoTime() < until) acquired = consumer.poll(POLL).count();
    if (acquired == 0) throw new AssertionError("nothing was acquired");
  }

  /** What was accepted does not come again, what was acquired does. */
  private void afterKill() throws Exception {
    String name = prefix + "-survivors";
    List<String> values = new ArrayList<>();
    try (ShareConsumer<String, String> consumer = consumer(name, "implicit")) {
      drain(consumer, values, 10);
    }
    Collections.sort(values);
    equal(values, IntStream.range(10, 20).mapToObj(i -> "v" + i).toList());
  }
}
