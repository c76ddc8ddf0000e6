// A Kafka Streams application: counts the words of one topic into another, exactly once. Every count is written, so the
// output has 1, 2, 3 ... for each word. Called as `ExactlyOnceCount BOOTSTRAP NAME PROTOCOL INPUT OUTPUT DIRECTORY`; prints its
// states; ends with its standard input.

import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.*;

public final class ExactlyOnceCount {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("application.id", args[1]);
    settings.put("group.protocol", args[2]);
    settings.put("state.dir", args[5]);
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("default.key.serde", Serdes.String().getClass());
    settings.put("default.value.serde", Serdes.String().getClass());
    settings.put("statestore.cache.max.bytes", 0);
    settings.put("commit.interval.ms", 100);
    settings.put("num.stream.threads", 2);
    settings.put("consumer.auto.offset.reset", "earliest");
    settings.put("consumer.fetch.max.wait.ms", 100);
    settings.put("reconnect.backoff.max.ms", 500);

    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream(args[3])
        .flatMapValues(line -> Arrays.asList(line.split(" ")))
        .groupBy((key, word) -> word)
        .count(Materialized.as("counts"))
        .toStream()
        .to(args[4], Produced.with(Serdes.String(), Serdes.Long()));

    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.setUncaughtExceptionHandler(error -> {
      System.out.println("thread replaced after " + error);
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    });
    streams.setStateListener((now, before) -> System.out.println("state " + now));
    streams.start();
    while (System.in.read() >= 0) {}
    streams.close(java.time.Duration.ofSeconds(60));
    Runtime.getRuntime().halt(0);
  }
}
