import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigDef;

/**
 * What Kafka's own tables of settings and Kafka's own start make of values. Each line of the input asks one question, its
 * parts separated by tabs and percent-encoded; each line of the output answers it with `ok` and a text or `no` and the
 * message:
 * <ul>
 *   <li>broker|topic|metrics NAME VALUE: the value as Kafka prints it.
 *   <li>start NAME VALUE NAME VALUE ...: whether a broker would start with these settings; its listeners.
 * </ul>
 */
public class SettingsCheck {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        StringBuilder out = new StringBuilder();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t", -1);
            for (int i = 1; i < parts.length; i++) parts[i] = URLDecoder.decode(parts[i], StandardCharsets.UTF_8);
            String answer;
            try {
                answer = "ok\t" + encode(parts[0].equals("start") ? start(parts) : value(parts));
            } catch (Exception e) {
                answer = "no\t" + encode(String.valueOf(e.getMessage()));
            }
            out.append(answer).append('\n');
        }
        System.out.print(out);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static ConfigDef table(String kind) throws Exception {
        switch (kind) {
            case "broker":
                return kafka.server.KafkaConfig.configDef();
            case "topic":
                return new ConfigDef(org.apache.kafka.storage.internals.log.LogConfig.configDefCopy());
            default:
                return org.apache.kafka.server.metrics.ClientMetricsConfigs.configDef();
        }
    }

    private static String value(String[] parts) throws Exception {
        ConfigDef.ConfigKey key = table(parts[0]).configKeys().get(parts[1]);
        if (key == null) return "unknown";
        Object parsed = new ConfigDef().define(key).parse(Map.of(parts[1], parts[2])).get(parts[1]);
        return ConfigDef.convertToString(parsed, key.type);
    }

    private static String start(String[] parts) {
        Properties settings = new Properties();
        for (int i = 1; i + 1 < parts.length; i += 2) settings.put(parts[i], parts[i + 1]);
        kafka.server.KafkaConfig config = kafka.server.KafkaConfig.fromProps(settings, false);
        StringBuilder listeners = new StringBuilder();
        config.effectiveAdvertisedBrokerListeners().foreach(endpoint -> listeners
            .append(endpoint.listener()).append(' ').append(endpoint.host()).append(' ').append(endpoint.port()).append('\n'));
        return listeners.toString();
    }
}
