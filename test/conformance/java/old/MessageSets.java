import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.Time;

/**
 * Prints what kafka-clients 3.9.1 makes of the same few records (test/golden/message-sets.hex):
 *
 *   set MAGIC CODEC TYPE HEX                      a message set of format v0 or v1
 *   down MAGIC FIRST CODEC TYPE HEX CONVERTED     batches of format v2, and the message set that they become
 */
public final class MessageSets {
    private static final Header[] HEADERS = {new RecordHeader("h", new byte[] {1, 2})};

    private MessageSets() { }

    public static void main(String[] arguments) {
        for (byte magic = 0; magic <= 1; magic++) {
            for (CompressionType codec : CompressionType.values()) {
                if (codec == CompressionType.ZSTD) continue;
                for (TimestampType type : new TimestampType[] {TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME}) {
                    if (magic == 0 && type == TimestampType.LOG_APPEND_TIME) continue;
                    MemoryRecords set = records(magic, codec, type, 0, 1);
                    System.out.println("set " + magic + " " + codec.id + " " + type.id + " " + hex(set));
                }
            }
        }
        for (byte magic = 0; magic <= 1; magic++) {
            for (CompressionType codec : CompressionType.values()) {
                if (codec == CompressionType.ZSTD) continue;
                for (TimestampType type : new TimestampType[] {TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME}) {
                    for (int first : new int[] {10, 13}) down(log(codec, type), magic, first, codec, type);
                }
                for (int first : new int[] {10, 13, 20, 26, 31}) {
                    down(cleaned(codec), magic, first, codec, TimestampType.CREATE_TIME);
                }
                down(farApart(codec), magic, 40, codec, TimestampType.CREATE_TIME);
            }
        }
    }

    private static void down(MemoryRecords batches, byte magic, int first, CompressionType codec, TimestampType type) {
        MemoryRecords converted = (MemoryRecords) batches.downConvert(magic, first, Time.SYSTEM).records();
        System.out.println("down " + magic + " " + first + " " + codec.id + " " + type.id + " " + hex(batches) + " " + hex(converted));
    }

    /** Five records, `gap` offsets apart, of 1000 ms and later. */
    private static MemoryRecords records(byte magic, CompressionType codec, TimestampType type, long offset, int gap) {
        long appended = type == TimestampType.LOG_APPEND_TIME ? 7777 : RecordBatch.NO_TIMESTAMP;
        MemoryRecordsBuilder builder = MemoryRecords.builder(
            ByteBuffer.allocate(4096), magic, Compression.of(codec).build(), type, offset, appended);
        String[][] fields = {{"k0", "v0"}, {null, "v1"}, {"k2", null}, {"", ""}, {"k4", "value ".repeat(50)}};
        long[] times = {1000, 3000, 2000, 1000, 2500};
        for (int i = 0; i < fields.length; i++) {
            Header[] headers = magic == 2 && i % 2 == 0 ? HEADERS : new Header[0];
            builder.appendWithOffset(offset + (long) i * gap,
                new SimpleRecord(magic == 0 ? RecordBatch.NO_TIMESTAMP : times[i], bytes(fields[i][0]), bytes(fields[i][1]), headers));
        }
        return builder.build();
    }

    /** A batch with gaps from offset 10, a marker of a transaction, a batch without gaps. */
    private static MemoryRecords log(CompressionType codec, TimestampType type) {
        MemoryRecords first = records((byte) 2, codec, type, 10, 2);
        MemoryRecords marker = MemoryRecords.withEndTransactionMarker(
            19, 5000, 0, 4711, (short) 3, new EndTransactionMarker(ControlRecordType.COMMIT, 0));
        MemoryRecords last = records((byte) 2, codec, type, 20, 1);
        ByteBuffer all = ByteBuffer.allocate(first.sizeInBytes() + marker.sizeInBytes() + last.sizeInBytes());
        all.put(first.buffer().duplicate()).put(marker.buffer().duplicate()).put(last.buffer().duplicate()).flip();
        return MemoryRecords.readableRecords(all);
    }

    /**
     * What the log cleaner leaves of a transaction that was aborted, a batch that it thins out, one of which nothing stays, and a
     * transaction that was committed: gaps at the beginnings and ends of batches, and a batch without records.
     */
    private static MemoryRecords cleaned(CompressionType codec) {
        ByteBuffer all = ByteBuffer.allocate(16384);
        all.put(transactional(codec, 10).buffer().duplicate());
        all.put(marker(15, ControlRecordType.ABORT).buffer().duplicate());
        all.put(records((byte) 2, codec, TimestampType.CREATE_TIME, 16, 1).buffer().duplicate());
        all.put(records((byte) 2, codec, TimestampType.CREATE_TIME, 21, 1).buffer().duplicate());
        all.put(transactional(codec, 26).buffer().duplicate());
        all.put(marker(31, ControlRecordType.COMMIT).buffer().duplicate());
        all.put(records((byte) 2, codec, TimestampType.CREATE_TIME, 32, 1).buffer().duplicate()).flip();
        Set<Long> removed = Set.of(10L, 12L, 16L, 17L, 20L, 21L, 22L, 23L, 24L, 25L, 28L, 36L);
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(0, 0) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, false);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return !removed.contains(record.offset());
            }
        };
        ByteBuffer kept = ByteBuffer.allocate(16384);
        ByteBuffer filled = MemoryRecords.readableRecords(all)
            .filterTo(new TopicPartition("t", 0), filter, kept, Integer.MAX_VALUE, BufferSupplier.NO_CACHING).outputBuffer();
        filled.flip();
        return MemoryRecords.readableRecords(filled);
    }

    private static MemoryRecords transactional(CompressionType codec, long offset) {
        SimpleRecord[] records = new SimpleRecord[5];
        for (int i = 0; i < records.length; i++) records[i] = new SimpleRecord(6000 + i, bytes("k" + i), bytes("in a transaction"));
        return MemoryRecords.withTransactionalRecords(offset, Compression.of(codec).build(), 4711, (short) 3, 0, 0, records);
    }

    private static MemoryRecords marker(long offset, ControlRecordType type) {
        return MemoryRecords.withEndTransactionMarker(offset, 7000, 0, 4711, (short) 3, new EndTransactionMarker(type, 0));
    }

    /** Times whose differences are as large as they get. */
    private static MemoryRecords farApart(CompressionType codec) {
        ByteBuffer all = ByteBuffer.allocate(4096);
        long[][] batches = {{5, Long.MAX_VALUE, (1L << 61) + 1}, {Long.MAX_VALUE - 10, 5, Long.MAX_VALUE - 1}, {(1L << 60) + 1, (1L << 61) + 1, 0}};
        long offset = 40;
        for (long[] times : batches) {
            MemoryRecordsBuilder builder = MemoryRecords.builder(
                ByteBuffer.allocate(1024), (byte) 2, Compression.of(codec).build(), TimestampType.CREATE_TIME, offset);
            for (long time : times) builder.appendWithOffset(offset++, new SimpleRecord(time, null, bytes(Long.toString(time))));
            all.put(builder.build().buffer().duplicate());
        }
        all.flip();
        return MemoryRecords.readableRecords(all);
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(MemoryRecords records) {
        ByteBuffer buffer = records.buffer().duplicate();
        byte[] all = new byte[buffer.remaining()];
        buffer.get(all);
        return HexFormat.of().formatHex(all);
    }
}
