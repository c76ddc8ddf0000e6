// Java consumers that a test leads through the loss of an unsynced tail: see truncation.conformance.ts.
// One has no reset policy and gets an exception, the other goes on by itself.

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

public final class TruncationCheck {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final String bootstrap;
  private final TopicPartition partition;
  private final Map<String, Consumer<String, String>> consumers = new LinkedHashMap<>();

  private TruncationCheck(String bootstrap, String topic) {
    this.bootstrap = bootstrap;
    partition = new TopicPartition(topic, 0);
    for (String policy : List.of("none", "earliest")) {
      Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", policy, "enable.auto.commit", false, "fetch.max.wait.ms", 100);
      Consumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
      consumer.assign(List.of(partition));
      consumer.seek(partition, 0);
      consumers.put(policy, consumer);
    }
  }

  private void produce(String prefix, int count) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "acks", "all");
    try (Producer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(partition.topic(), 0, null, prefix + "-" + i)).get();
    }
  }

  // Reads up to `end`; gives the first record as "offset:value".
  private String read(Consumer<String, String> consumer, long end) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    String first = null;
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100)))
        if (first == null) first = record.offset() + ":" + record.value();
      if (System.nanoTime() > deadline) throw new AssertionError("at " + consumer.position(partition) + " for too long");
    }
    return first;
  }

  // Polls until the client says that records it has read are gone: where it was, and where the logs part.
  private String notice(Consumer<String, String> consumer) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100)))
          throw new AssertionError("read " + record.value() + " at " + record.offset() + " before noticing anything");
      } catch (LogTruncationException truncated) {
        long at = truncated.offsetOutOfRangePartitions().get(partition);
        long divergent = truncated.divergentOffsets().get(partition).offset();
        consumer.seek(partition, divergent);
        return at + " to " + divergent;
      }
    }
    throw new AssertionError("noticed nothing");
  }

  public static void main(String[] args) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      admin.createTopics(List.of(new NewTopic(args[1], 1, (short) 1))).all().get();
    }
    TruncationCheck check = new TruncationCheck(args[0], args[1]);
    System.out.println("ready");
    Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8);
    while (lines.hasNextLine()) {
      String[] words = lines.nextLine().split(" ");
      switch (words[0]) {
        case "produce":
          check.produce(words[2], Integer.parseInt(words[1]));
          System.out.println("produced");
          break;
        case "read":
          Set<String> firsts = new LinkedHashSet<>();
          for (Consumer<String, String> consumer : check.consumers.values()) {
            long start = Long.parseLong(words[2]);
            firsts.add(check.read(consumer, start + Integer.parseInt(words[1])));
          }
          System.out.println("first " + String.join(" and ", firsts));
          break;
        case "notice":
          System.out.println("truncated " + check.notice(check.consumers.get("none")));
          break;
        default:
          throw new IllegalArgumentException(words[0]);
      }
    }
    Runtime.getRuntime().halt(0);
  }
}
