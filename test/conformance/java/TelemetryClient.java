import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** TelemetryClient BOOTSTRAP TOPIC: a producer java-p and a consumer java-c at work until standard input ends. */
public class TelemetryClient {
    public static void main(String[] args) throws Exception {
        Properties producing = new Properties();
        producing.put("bootstrap.servers", args[0]);
        producing.put("client.id", "java-p");
        Properties consuming = new Properties();
        consuming.put("bootstrap.servers", args[0]);
        consuming.put("client.id", "java-c");
        consuming.put("group.id", "java-readers");
        consuming.put("auto.offset.reset", "earliest");
        ByteArraySerializer writer = new ByteArraySerializer();
        ByteArrayDeserializer reader = new ByteArrayDeserializer();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producing, writer, writer);
                KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consuming, reader, reader)) {
            consumer.subscribe(List.of(args[1]));
            while (System.in.available() == 0) {
                producer.send(new ProducerRecord<>(args[1], new byte[10]));
                consumer.poll(Duration.ofMillis(50));
            }
        }
    }
}
