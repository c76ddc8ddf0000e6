// Load for the coordinators through Kafka's own Java clients. Prints one JSON object.
//
//   transactions BOOTSTRAP TOPIC PARTITIONS SECONDS    one producer, 100 records of 100 bytes a transaction
//   share BOOTSTRAP TOPIC RECORDS                      one share consumer that acknowledges what it polls

import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.*;

public final class CoordinatorLoad {
  private static final int RECORDS_A_TRANSACTION = 100;
  private static final int RECORD_BYTES = 100;
  private static final double WARM_UP_SECONDS = 2;

  public static void main(String[] args) throws Exception {
    System.out.println(args[0].equals("transactions")
        ? transactions(args[1], args[2], Integer.parseInt(args[3]), Double.parseDouble(args[4]))
        : share(args[1], args[2], Integer.parseInt(args[3])));
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static double millis(long from) {
    return (System.nanoTime() - from) / 1e6;
  }

  private static String json(Map<String, Number> figures) {
    StringJoiner json = new StringJoiner(",", "{", "}");
    figures.forEach((name, value) -> json.add("\"" + name + "\":" + value));
    return json.toString();
  }

  private static double percentile(List<Double> sorted, double share) {
    return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, Math.floor(sorted.size() * share)));
  }

  private static String transactions(String bootstrap, String topic, int partitions, double seconds) {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "transactional.id", topic, "linger.ms", 0);
    List<Double> commitMs = new ArrayList<>();
    double elapsedMs;
    try (Producer<byte[], byte[]> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      run(producer, topic, partitions, WARM_UP_SECONDS, new ArrayList<>());
      long begin = System.nanoTime();
      run(producer, topic, partitions, seconds, commitMs);
      elapsedMs = millis(begin);
    }
    int commits = commitMs.size();
    Collections.sort(commitMs);
    Map<String, Number> figures = new LinkedHashMap<>();
    figures.put("commits", commits);
    figures.put("seconds", elapsedMs / 1000);
    // Of the whole run, as the broker's processor time is.
    figures.put("allSeconds", elapsedMs / 1000 + WARM_UP_SECONDS);
    figures.put("commitP50Ms", percentile(commitMs, 0.5));
    figures.put("commitP99Ms", percentile(commitMs, 0.99));
    return json(figures);
  }

  private static void run(Producer<byte[], byte[]> producer, String topic, int partitions, double seconds, List<Double> commitMs) {
    byte[] value = new byte[RECORD_BYTES];
    for (long begin = System.nanoTime(); millis(begin) < seconds * 1000; ) {
      producer.beginTransaction();
      for (int i = 0; i < RECORDS_A_TRANSACTION; i++) producer.send(new ProducerRecord<>(topic, i % partitions, null, value));
      producer.flush();
      long commit = System.nanoTime();
      producer.commitTransaction();
      commitMs.add(millis(commit));
    }
  }

  private static String share(String bootstrap, String topic, int records) throws Exception {
    String group = topic + "-group";
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      AlterConfigOp fromStart = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
      admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), List.of(fromStart))).all().get();
    }
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "group.id", group);
    Map<String, Number> figures = new LinkedHashMap<>();
    try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(topic));
      long begin = 0;
      int first = 0;
      int count = 0;
      while (count < records) {
        count += consumer.poll(Duration.ofMillis(500)).count();
        // The clock starts with the first records, so that joining does not count.
        if (begin == 0 && count > 0) {
          begin = System.nanoTime();
          first = count;
        }
      }
      figures.put("records", count - first);
      figures.put("seconds", millis(begin) / 1000);
    }
    return json(figures);
  }
}
