// Kafka's Java clients, driven line by line: `REQUEST OBJECT COMMAND ARGUMENT...` on standard input, answered with
// `REQUEST ok RESULT...` or `REQUEST fail TEXT`. Each object (one producer or consumer) has a thread of its own.
// See test/jepsen/clients/java.ts.

import java.io.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

public final class JepsenClient {
  private static final Map<String, ExecutorService> threads = new ConcurrentHashMap<>();
  private static final Map<String, Producer<byte[], String>> producers = new ConcurrentHashMap<>();
  private static final Map<String, Reader> readers = new ConcurrentHashMap<>();
  private static final Map<String, Sharer> sharers = new ConcurrentHashMap<>();

  private static final class Sharer {
    final ShareConsumer<byte[], String> consumer;
    /** Of the last poll, by `topic/partition:offset`. */
    final Map<String, ConsumerRecord<byte[], String>> records = new HashMap<>();

    Sharer(ShareConsumer<byte[], String> consumer) {
      this.consumer = consumer;
    }
  }

  private static final class Reader implements ConsumerRebalanceListener {
    final KafkaConsumer<byte[], String> consumer;
    int session = 0;
    volatile ConsumerGroupMetadata group;

    Reader(KafkaConsumer<byte[], String> consumer) {
      this.consumer = consumer;
    }

    @Override public void onPartitionsRevoked(Collection<TopicPartition> partitions) { session++; }
    @Override public void onPartitionsAssigned(Collection<TopicPartition> partitions) { session++; }
    @Override public void onPartitionsLost(Collection<TopicPartition> partitions) { session++; }
  }

  public static void main(String[] args) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] words = line.split(" ");
      threads.computeIfAbsent(words[1], name -> Executors.newSingleThreadExecutor()).execute(() -> serve(words));
    }
    Runtime.getRuntime().halt(0);
  }

  private static void serve(String[] words) {
    String answer;
    try {
      answer = "ok " + call(words[1], words[2], Arrays.copyOfRange(words, 3, words.length));
    } catch (Throwable error) {
      answer = "fail " + error.toString().replace('\n', ' ');
    }
    synchronized (System.out) {
      System.out.println(words[0] + " " + answer);
      System.out.flush();
    }
    if (words[2].equals("close")) threads.remove(words[1]).shutdown();
  }

  private static String call(String id, String command, String[] args) throws Exception {
    switch (command) {
      case "producer": return openProducer(id, args);
      case "consumer": return openConsumer(id, args);
      case "send": return send(producers.get(id), args);
      case "begin": producers.get(id).beginTransaction(); return "";
      case "offsets":
        producers.get(id).sendOffsetsToTransaction(offsets(args, 1), readers.get(args[0]).group);
        return "";
      case "commit-transaction": producers.get(id).commitTransaction(); return "";
      case "abort": producers.get(id).abortTransaction(); return "";
      case "poll": return poll(id, readers.get(id), Integer.parseInt(args[0]));
      case "commit": readers.get(id).consumer.commitSync(offsets(args, 0)); return "";
      case "share-consumer": return openShareConsumer(id, args);
      case "share-poll": return sharePoll(sharers.get(id), Integer.parseInt(args[0]));
      case "share-acknowledge": return shareAcknowledge(sharers.get(id), args);
      case "close": return close(id);
      default: throw new IllegalArgumentException(command);
    }
  }

  private static Map<String, Object> settings(String[] args) {
    Map<String, Object> settings = new HashMap<>();
    for (String arg : args) settings.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    return settings;
  }

  private static String openProducer(String id, String[] args) {
    Map<String, Object> settings = settings(args);
    Producer<byte[], String> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new StringSerializer());
    producers.put(id, producer);
    if (settings.containsKey("transactional.id")) producer.initTransactions();
    return "";
  }

  private static String openConsumer(String id, String[] args) {
    Map<String, Object> settings = settings(args);
    List<String> topics = List.of(((String) settings.remove("topics")).split(","));
    Map<String, Object> all = new HashMap<>(settings);
    all.put("max.poll.records", Integer.valueOf((String) settings.get("max.poll.records")));
    KafkaConsumer<byte[], String> consumer = new KafkaConsumer<>(all, new ByteArrayDeserializer(), new StringDeserializer());
    Reader reader = new Reader(consumer);
    readers.put(id, reader);
    if (settings.containsKey("group.id")) {
      consumer.subscribe(topics, reader);
    } else {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : topics) consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    }
    return "";
  }

  private static TopicPartition partition(String text) {
    int slash = text.lastIndexOf('/');
    return new TopicPartition(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
  }

  /** Arguments `topic/partition:value`; gives the offsets. */
  private static String send(Producer<byte[], String> producer, String[] args) throws Exception {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (String arg : args) {
      int colon = arg.lastIndexOf(':');
      TopicPartition to = partition(arg.substring(0, colon));
      sent.add(producer.send(new ProducerRecord<>(to.topic(), to.partition(), null, arg.substring(colon + 1))));
    }
    StringJoiner result = new StringJoiner(" ");
    for (Future<RecordMetadata> future : sent) result.add(String.valueOf(future.get().offset()));
    return result.toString();
  }

  private static Map<TopicPartition, OffsetAndMetadata> offsets(String[] args, int from) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (int i = from; i < args.length; i++) {
      int colon = args[i].lastIndexOf(':');
      offsets.put(partition(args[i].substring(0, colon)), new OffsetAndMetadata(Long.parseLong(args[i].substring(colon + 1))));
    }
    return offsets;
  }

  /** Gives the session, then `topic/partition:offset:value` for each record. */
  private static String poll(String id, Reader reader, int waitMs) {
    ConsumerRecords<byte[], String> records = reader.consumer.poll(Duration.ofMillis(waitMs));
    if (!reader.consumer.subscription().isEmpty()) reader.group = reader.consumer.groupMetadata();
    StringJoiner result = new StringJoiner(" ").add(id + "#" + reader.session);
    for (ConsumerRecord<byte[], String> record : records) {
      result.add(record.topic() + "/" + record.partition() + ":" + record.offset() + ":" + record.value());
    }
    return result.toString();
  }

  private static String openShareConsumer(String id, String[] args) {
    Map<String, Object> settings = settings(args);
    List<String> topics = List.of(((String) settings.remove("topics")).split(","));
    settings.put("max.poll.records", Integer.valueOf((String) settings.get("max.poll.records")));
    ShareConsumer<byte[], String> consumer = new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new StringDeserializer());
    sharers.put(id, new Sharer(consumer));
    consumer.subscribe(topics);
    return "";
  }

  /** Gives `topic/partition:offset:value:deliveries` for each record. */
  private static String sharePoll(Sharer sharer, int waitMs) {
    StringJoiner result = new StringJoiner(" ");
    sharer.records.clear();
    for (ConsumerRecord<byte[], String> record : sharer.consumer.poll(Duration.ofMillis(waitMs))) {
      String place = record.topic() + "/" + record.partition() + ":" + record.offset();
      sharer.records.put(place, record);
      result.add(place + ":" + record.value() + ":" + record.deliveryCount().orElse((short) 0));
    }
    return result.toString();
  }

  /** Arguments `topic/partition:offset:TYPE`; gives `topic/partition=ok`, or the error in the place of `ok`. */
  private static String shareAcknowledge(Sharer sharer, String[] args) {
    for (String arg : args) {
      int colon = arg.lastIndexOf(':');
      sharer.consumer.acknowledge(sharer.records.get(arg.substring(0, colon)), AcknowledgeType.valueOf(arg.substring(colon + 1)));
    }
    StringJoiner result = new StringJoiner(" ");
    for (Map.Entry<TopicIdPartition, Optional<KafkaException>> entry : sharer.consumer.commitSync().entrySet()) {
      TopicPartition at = entry.getKey().topicPartition();
      String outcome = entry.getValue().map(error -> error.getClass().getSimpleName()).orElse("ok");
      result.add(at.topic() + "/" + at.partition() + "=" + outcome);
    }
    return result.toString();
  }

  private static String close(String id) {
    Sharer sharer = sharers.remove(id);
    if (sharer != null) sharer.consumer.close(Duration.ofSeconds(1));
    Producer<byte[], String> producer = producers.remove(id);
    if (producer != null) producer.close(Duration.ZERO);
    Reader reader = readers.remove(id);
    if (reader != null) reader.consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
    return "";
  }
}
