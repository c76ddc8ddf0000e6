import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Scanner;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Kafka Streams counts words with group.protocol=streams, in instances that come and go. Arguments: bootstrap servers,
 * processing guarantee, a folder for state. Each phase says what came of it in a line, and the next begins with a line on the standard input,
 * so that the test can restart the broker in between, or while it runs.
 */
final class WordCount {
    private static final int PARTITIONS = 4;
    private static final int LINES = 400;
    private static final List<String> WORDS = List.of("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta");
    private static final Duration LIMIT = Duration.ofSeconds(180);

    private final String bootstrap;
    private final String guarantee;
    private final Path folder;
    private final String application;
    private final List<KafkaStreams> instances = new ArrayList<>();
    private final Map<String, Long> expected = new TreeMap<>();
    private int produced;

    private WordCount(String bootstrap, String guarantee, Path folder) {
        this.bootstrap = bootstrap;
        this.guarantee = guarantee;
        this.folder = folder;
        this.application = "words-" + guarantee.replace('_', '-');
    }

    public static void main(String[] args) throws Exception {
        new WordCount(args[0], args[1], Path.of(args[2])).run(new Scanner(System.in));
        System.exit(0);
    }

    private void run(Scanner input) throws Exception {
        createTopics();
        start();
        produce();
        System.out.println("one instance: " + awaitCounts());
        input.nextLine();
        // A second instance takes over half of the tasks, with their state.
        start();
        produce();
        System.out.println("two instances: " + awaitCounts());
        input.nextLine();
        // The test restarts the broker while these are on their way.
        for (int i = 0; i < 5; i++) produce();
        System.out.println("across a restart: " + awaitCounts());
        input.nextLine();
        instances.remove(0).close(Duration.ofSeconds(60));
        produce();
        System.out.println("one instance left: " + awaitCounts());
        for (KafkaStreams instance : instances) instance.close(Duration.ofSeconds(60));
    }

    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(
                new NewTopic(input(), PARTITIONS, (short) 1),
                new NewTopic(output(), PARTITIONS, (short) 1))).all().get();
            ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, application);
            admin.incrementalAlterConfigs(Map.of(group, List.of(
                new AlterConfigOp(new ConfigEntry("streams.num.standby.replicas", "1"), AlterConfigOp.OpType.SET)))).all().get();
        }
    }

    private String input() {
        return application + "-lines";
    }

    private String output() {
        return application + "-counts";
    }

    private void start() throws Exception {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> lines = builder.stream(input(), Consumed.with(Serdes.String(), Serdes.String()));
        lines.flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
            .count(Materialized.as("words"))
            .toStream()
            .to(output(), Produced.with(Serdes.String(), Serdes.Long()));
        Path state = Files.createTempDirectory(folder, "state");
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        properties.put("group.protocol", "streams");
        properties.put("auto.offset.reset", "earliest");
        KafkaStreams instance = new KafkaStreams(builder.build(), properties);
        CountDownLatch running = new CountDownLatch(1);
        instance.setStateListener((next, before) -> {
            if (next == KafkaStreams.State.RUNNING) running.countDown();
            if (next == KafkaStreams.State.ERROR) System.out.println("an instance failed");
        });
        instance.start();
        if (!running.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) throw new IllegalStateException("an instance does not run");
        instances.add(instance);
    }

    private void produce() throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "linger.ms", 5);
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < LINES; i++, produced++) {
                String first = WORDS.get(produced % WORDS.size());
                String second = WORDS.get(produced * 3 % WORDS.size());
                producer.send(new ProducerRecord<>(input(), Integer.toString(produced), first + " " + second));
                expected.merge(first, 1L, Long::sum);
                expected.merge(second, 1L, Long::sum);
            }
        }
    }

    /** Reads the output from its beginning until each word's latest count is right; gives how often one was counted twice. */
    private String awaitCounts() {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        Map<String, Long> counts = new HashMap<>();
        int repeated = 0;
        try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(
                 Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
                 new StringDeserializer(), new LongDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) partitions.add(new TopicPartition(output(), partition));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            boolean isExact = guarantee.equals(StreamsConfig.EXACTLY_ONCE_V2);
            while (System.nanoTime() < deadline) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    Long before = counts.put(record.key(), record.value());
                    // With every count written out, a step other than one is a record counted twice or not at all.
                    if (record.value() != (before == null ? 0 : before) + 1) repeated++;
                }
                if (isExact ? counts.equals(expected) : covers(counts)) {
                    return isExact && repeated > 0 ? repeated + " counts are wrong" : "counted";
                }
            }
        }
        return "counted " + counts + " instead of " + expected;
    }

    /** At least once: a count may be too large, after a restart. */
    private boolean covers(Map<String, Long> counts) {
        Set<String> words = expected.keySet();
        return words.stream().allMatch(word -> counts.getOrDefault(word, 0L) >= expected.get(word));
    }
}
