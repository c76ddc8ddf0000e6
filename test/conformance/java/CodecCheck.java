import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Reads lines `message version hex` from standard input, has Kafka's own code read each message and write it again, and
 * prints the lines for which that fails or gives other bytes; at the end, the number of lines.
 */
public final class CodecCheck {
    private static final String[] PACKAGES = {
        "org.apache.kafka.common.message.",
        "org.apache.kafka.coordinator.group.generated.",
        "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated.",
    };

    private CodecCheck() { }

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        int count = 0;
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] fields = line.split(" ", -1);
            String problem = check(fields[0], Short.parseShort(fields[1]), HexFormat.of().parseHex(fields[2]));
            if (problem != null) System.out.println(problem + ": " + line);
            count++;
        }
        System.out.println("checked " + count);
    }

    private static String check(String name, short version, byte[] bytes) {
        try {
            Message message = create(name);
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            message.read(new ByteBufferAccessor(buffer), version);
            if (buffer.hasRemaining()) return buffer.remaining() + " bytes left over";
            byte[] again = write(message, version);
            return Arrays.equals(bytes, again) ? null : "written as " + HexFormat.of().formatHex(again);
        } catch (Exception problem) {
            return problem.toString();
        }
    }

    /** By what the clients of 3.9 and of 4.4 have alike. */
    private static byte[] write(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer written = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(written), cache, version);
        return written.array();
    }

    private static Message create(String name) throws ReflectiveOperationException {
        for (String prefix : PACKAGES) {
            for (String suffix : new String[] {"", "Data"}) {
                try {
                    return (Message) Class.forName(prefix + name + suffix).getDeclaredConstructor().newInstance();
                } catch (ClassNotFoundException notHere) {
                    continue;
                }
            }
        }
        throw new ClassNotFoundException(name);
    }
}
