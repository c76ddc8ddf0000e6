//go:build former

// The conformance scenarios through segmentio/kafka-go 0.2, which has connections, a Writer and a Reader, and no client.
package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/gzip"
	"github.com/segmentio/kafka-go/lz4"
	"github.com/segmentio/kafka-go/snappy"

	. "walka.conformance/scenario"
)

func dial(run Run) *kafka.Conn {
	return Get(kafka.DialContext(run.Context, "tcp", run.Bootstrap))
}

func create(run Run, topic string, partitions int, configs ...kafka.ConfigEntry) error {
	conn := dial(run)
	defer conn.Close()
	return conn.CreateTopics(kafka.TopicConfig{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: configs})
}

// spread puts a record with a key on the partition of its number, one without on that of its value's number.
type spread struct{}

func (spread) Balance(m kafka.Message, partitions ...int) int {
	number := strings.TrimPrefix(string(m.Key), "k")
	if number == "" {
		number = string(m.Value)
	}
	n, _ := strconv.Atoi(number)
	return partitions[n%len(partitions)]
}

func produce(run Run, topic string, messages []kafka.Message, codec kafka.CompressionCodec) {
	writer := kafka.NewWriter(kafka.WriterConfig{
		Brokers: []string{run.Bootstrap}, Topic: topic, BatchTimeout: 5 * time.Millisecond, BatchSize: 1000, Balancer: spread{},
		CompressionCodec: codec,
	})
	defer writer.Close()
	Must(writer.WriteMessages(run.Context, messages...))
}

func texts(values []string) []kafka.Message {
	messages := make([]kafka.Message, len(values))
	for i, value := range values {
		messages[i] = kafka.Message{Value: []byte(value)}
	}
	return messages
}

func partitionReader(run Run, topic string, partition int) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{run.Bootstrap}, Topic: topic, Partition: partition, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: 100 * time.Millisecond})
}

func read(run Run, topic string, partitions, count int) []kafka.Message {
	all := make(chan kafka.Message)
	ctx, cancel := context.WithCancel(run.Context)
	defer cancel()
	for partition := range partitions {
		reader := partitionReader(run, topic, partition)
		defer reader.Close()
		go func() {
			for {
				message, err := reader.ReadMessage(ctx)
				if err != nil {
					return
				}
				select {
				case all <- message:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	messages := []kafka.Message{}
	for len(messages) < count {
		select {
		case message := <-all:
			messages = append(messages, message)
		case <-run.Context.Done():
			panic(fmt.Sprintf("%d of %d records of %s", len(messages), count, topic))
		}
	}
	return messages
}

func plain(messages []kafka.Message) []Record {
	out := make([]Record, len(messages))
	for i, m := range messages {
		out[i] = Record{int32(m.Partition), m.Offset, string(m.Key), string(m.Value)}
	}
	return out
}

func createTopics(run Run) error {
	a, b := run.Prefix+"-a", run.Prefix+"-b"
	Must(create(run, a, 1))
	Must(create(run, b, 3, kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "4194304"}))
	// This client takes a topic that is there for one that it has made.
	Must(create(run, a, 1))
	conn := dial(run)
	defer conn.Close()
	partitions := map[string]int{}
	for _, partition := range Get(conn.ReadPartitions(a, b)) {
		partitions[partition.Topic]++
	}
	Equal("partitions", partitions, map[string]int{a: 1, b: 3})
	return nil
}

func keyed(run Run) error {
	topic := run.Prefix + "-a"
	messages, wanted := []kafka.Message{}, []Record{}
	for i := range 10 {
		n := strconv.Itoa(i)
		messages = append(messages, kafka.Message{Key: []byte("key-" + n), Value: []byte("value-" + n)})
		wanted = append(wanted, Record{0, int64(i), "key-" + n, "value-" + n})
	}
	produce(run, topic, messages, nil)
	Equal("records", plain(read(run, topic, 1, 10)), wanted)
	return nil
}

func compression(name string, codec kafka.CompressionCodec) Step {
	return Step{"compression-" + name, func(run Run) error {
		topic := run.Prefix + "-" + name
		Must(create(run, topic, 1))
		values := CompressibleValues(200)
		produce(run, topic, texts(values), codec)
		Equal("values", Values(plain(read(run, topic, 1, 200)), -1), values)
		return nil
	}}
}

func severalPartitions(run Run) error {
	topic := run.Prefix + "-b"
	messages := []kafka.Message{}
	for _, r := range Keyed() {
		messages = append(messages, kafka.Message{Key: []byte(r.Key), Value: []byte(r.Value)})
	}
	produce(run, topic, messages, nil)
	CheckPerKeyOrder(plain(read(run, topic, 3, 300)), Keyed())
	return nil
}

func member(run Run, group, topic string) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{run.Bootstrap}, GroupID: group, Topic: topic, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: 100 * time.Millisecond,
		HeartbeatInterval: 300 * time.Millisecond, SessionTimeout: 30 * time.Second, RebalanceTimeout: 30 * time.Second,
	})
}

// groupOfTwo writes to all partitions until it shows in who reads what whose they are: this client does not say.
func groupOfTwo(run Run) error {
	topic := run.Prefix + "-group"
	Must(create(run, topic, 4))
	members := [2]*kafka.Reader{}
	type seen struct {
		index   int
		message kafka.Message
	}
	all := make(chan seen)
	for index := range members {
		members[index] = member(run, topic+"-members", topic)
		go func() {
			for {
				message, err := members[index].ReadMessage(run.Context)
				if err != nil {
					return
				}
				all <- seen{index, message}
			}
		}()
	}
	written, read := 0, map[string]bool{}
	// readers writes to each partition and gives how many of them each member has read from since.
	readers := func() [2]int {
		produce(run, topic, texts(Numbers(written, written+4, 1)), nil)
		written += 4
		from := [2]map[int]bool{{}, {}}
		for limit := time.After(500 * time.Millisecond); len(read) < written; {
			select {
			case one := <-all:
				from[one.index][one.message.Partition] = true
				read[string(one.message.Value)] = true
			case <-limit:
				return [2]int{}
			}
		}
		return [2]int{len(from[0]), len(from[1])}
	}
	Eventually("both members read two partitions", func() bool { return readers() == [2]int{2, 2} })
	Must(members[0].Close())
	Eventually("the second member reads all", func() bool { return readers() == [2]int{0, 4} })
	return members[1].Close()
}

func commitAndResume(run Run) error {
	topic := run.Prefix + "-resume"
	Must(create(run, topic, 1))
	produce(run, topic, texts(Numbers(0, 100, 1)), nil)
	first := member(run, topic+"-group", topic)
	var last kafka.Message
	for range 60 {
		last = Get(first.FetchMessage(run.Context))
	}
	Must(first.CommitMessages(run.Context, last))
	Must(first.Close())
	second := member(run, topic+"-group", topic)
	defer second.Close()
	rest := []string{}
	for range 40 {
		rest = append(rest, string(Get(second.FetchMessage(run.Context)).Value))
	}
	Equal("the rest", rest, Numbers(60, 100, 1))
	return nil
}

func seekByTime(run Run) error {
	topic := run.Prefix + "-time"
	Must(create(run, topic, 1))
	start := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	messages := texts(Numbers(0, 10, 1))
	for i := range messages {
		messages[i].Time = start.Add(time.Duration(i) * time.Second)
	}
	produce(run, topic, messages, nil)
	conn := Get(kafka.DialLeader(run.Context, "tcp", run.Bootstrap, topic, 0))
	defer conn.Close()
	at := func(afterMs int) int64 {
		return Get(conn.ReadOffset(start.Add(time.Duration(afterMs) * time.Millisecond)))
	}
	Equal("offsets", []int64{at(5000), at(4001)}, []int64{5, 5})
	reader := partitionReader(run, topic, 0)
	defer reader.Close()
	Must(reader.SetOffset(5))
	Equal("the sixth", string(Get(reader.ReadMessage(run.Context)).Value), "5")
	return nil
}

func emptyAndLarge(run Run) error {
	topic := run.Prefix + "-sizes"
	Must(create(run, topic, 1, kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "4194304"}))
	large := strings.Repeat("x", 1<<20)
	for _, m := range []kafka.Message{
		{Key: []byte("a"), Value: []byte{}}, {Key: []byte("b")}, {Key: []byte{}, Value: []byte("empty key")}, {Key: []byte("d"), Value: []byte(large)},
	} {
		produce(run, topic, []kafka.Message{m}, nil)
	}
	records := plain(read(run, topic, 1, 4))
	keys := []string{}
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	Equal("keys", keys, []string{"a", "b", "", "d"})
	Equal("values", Values(records, -1), []string{"", "", "empty key", large})
	return nil
}

func deleteTopic(run Run) error {
	doomed := run.Prefix + "-doomed"
	Must(create(run, doomed, 1))
	conn := dial(run)
	defer conn.Close()
	Must(conn.DeleteTopics(doomed))
	Eventually("the topic is gone", func() bool {
		for _, partition := range Get(conn.ReadPartitions()) {
			if partition.Topic == doomed {
				return false
			}
		}
		return true
	})
	return nil
}

func beforeKill(run Run) error {
	topic := run.Prefix + "-durable"
	Must(create(run, topic, 2))
	produce(run, topic, texts(Numbers(0, 1000, 1)), nil)
	reader := member(run, topic+"-group", topic)
	defer reader.Close()
	// It commits what it is told; it has to be a member for it.
	Get(reader.FetchMessage(run.Context))
	return reader.CommitMessages(run.Context, kafka.Message{Topic: topic, Partition: 0, Offset: 122}, kafka.Message{Topic: topic, Partition: 1, Offset: 44})
}

func afterKill(run Run) error {
	topic := run.Prefix + "-durable"
	records := plain(read(run, topic, 2, 1000))
	Equal("partition 0", Values(records, 0), Numbers(0, 1000, 2))
	Equal("partition 1", Values(records, 1), Numbers(1, 1000, 2))
	reader := member(run, topic+"-group", topic)
	defer reader.Close()
	first := map[int]int64{}
	for len(first) < 2 {
		message := Get(reader.FetchMessage(run.Context))
		if _, known := first[message.Partition]; !known {
			first[message.Partition] = message.Offset
		}
	}
	Equal("committed", first, map[int]int64{0: 123, 1: 45})
	produce(run, topic, texts(Numbers(0, 10, 1)), nil)
	read(run, topic, 2, 1010)
	return nil
}

func lacks(id, why string) Step {
	return Step{id, func(Run) error { return fmt.Errorf("%w: %s", ErrUnsupported, why) }}
}

func main() {
	Main([]Step{
		{"create-topics", createTopics},
		{"keyed-and-headed-records", keyed},
		compression("gzip", gzip.NewCompressionCodec()),
		compression("snappy", snappy.NewCompressionCodec()),
		compression("lz4", lz4.NewCompressionCodec()),
		lacks("compression-zstd", "it came with 0.3"),
		{"several-partitions", severalPartitions},
		{"group-of-two", groupOfTwo},
		{"commit-and-resume", commitAndResume},
		{"seek-by-time", seekByTime},
		{"empty-and-large-records", emptyAndLarge},
		{"describe-and-delete", deleteTopic},
		lacks("idempotent-produce", "the Writer has no idempotent mode"),
		{"before-kill", beforeKill},
	}, []Step{{"after-kill", afterKill}})
}
