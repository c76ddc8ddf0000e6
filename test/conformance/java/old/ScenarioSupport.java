import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.function.BooleanSupplier;
import java.util.stream.*;

/** What the programs of former Java clients share: what they print, the time limit, and the records of the scenarios. */
abstract class ScenarioSupport {
  private static final long LIMIT_MS = 90_000;

  interface Body {
    void run() throws Exception;
  }

  static final class Unsupported extends RuntimeException {
    Unsupported(String reason) {
      super(reason);
    }
  }

  /** Runs all that are asked for, then ends the process, whatever a client has left open. */
  static void runAll(Map<String, Body> bodies) {
    String wanted = System.getenv("WALKA_CLIENT_SCENARIOS");
    Collection<String> ids = wanted == null ? bodies.keySet() : Arrays.asList(wanted.split(","));
    bodies.forEach((id, body) -> {
      if (ids.contains(id)) report(id, body);
    });
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static void report(String scenario, Body body) {
    String begin = "{\"scenario\":\"" + scenario + "\",";
    try {
      body.run();
      System.out.println(begin + "\"ok\":true}");
    } catch (Unsupported error) {
      System.out.println(begin + "\"unsupported\":" + quoted(error.getMessage()) + "}");
    } catch (Throwable error) {
      java.io.StringWriter text = new java.io.StringWriter();
      error.printStackTrace(new java.io.PrintWriter(text));
      System.out.println(begin + "\"ok\":false,\"detail\":" + quoted(text.toString()) + "}");
    }
  }

  /** For an exchange with other clients: the records as `offset key value`. */
  static void printRecords(List<String> records) {
    System.out.println("{\"records\":[" + records.stream().map(ScenarioSupport::quoted).collect(Collectors.joining(",")) + "]}");
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", " ").replace("\r", "") + "\"";
  }

  static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) throw new AssertionError("got " + shorten(actual) + ", expected " + shorten(expected));
  }

  private static String shorten(Object value) {
    String text = String.valueOf(value);
    return text.length() < 400 ? text : text.substring(0, 400) + "...";
  }

  static void eventually(String what, BooleanSupplier probe) {
    long deadline = System.currentTimeMillis() + LIMIT_MS;
    while (!probe.getAsBoolean()) {
      if (System.currentTimeMillis() > deadline) throw new AssertionError("waited too long for: " + what);
    }
  }

  static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  static List<String> numbers(int from, int end, int step) {
    return IntStream.iterate(from, i -> i + step).limit((end - from + step - 1) / step).mapToObj(String::valueOf).collect(Collectors.toList());
  }

  static List<String> compressibleValues(int count) {
    String filler = Stream.generate(() -> "walka ").limit(100).collect(Collectors.joining());
    return IntStream.range(0, count).mapToObj(i -> (i + ":" + filler).substring(0, 500)).collect(Collectors.toList());
  }
}
