import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command-line tools one after the other in one process: a line of input has the class, its arguments and its
 * standard input, in base64, with spaces between; a line of output the exit code and what was printed, in base64.
 */
public class ToolServer {
    static final class Exited extends RuntimeException {
    }

    static Integer code;

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        Exit.setExitProcedure((status, message) -> {
            if (code == null) code = status;
            throw new Exited();
        });
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = Arrays.stream(line.split(" ")).map(ToolServer::decoded).toArray(String[]::new);
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            PrintStream print = new PrintStream(printed, true, StandardCharsets.UTF_8);
            System.setOut(print);
            System.setErr(print);
            System.setIn(new ByteArrayInputStream(words[words.length - 1].getBytes(StandardCharsets.UTF_8)));
            run(words[0], Arrays.copyOfRange(words, 1, words.length - 1));
            out.println(code + " " + Base64.getEncoder().encodeToString(printed.toByteArray()));
            out.flush();
        }
    }

    static String decoded(String word) {
        return new String(Base64.getDecoder().decode(word.equals("-") ? "" : word), StandardCharsets.UTF_8);
    }

    static void run(String tool, String[] args) throws Exception {
        code = null;
        try {
            Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException error) {
            if (code == null && !(error.getCause() instanceof Exited)) {
                error.getCause().printStackTrace();
                code = 1;
            }
        }
        if (code == null) code = 0;
    }
}
