// The conformance scenarios through segmentio/kafka-go.
package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/scram"

	. "walka.conformance/scenario"
)

func mechanism() sasl.Mechanism {
	algorithm := map[string]scram.Algorithm{"SCRAM-SHA-256": scram.SHA256, "SCRAM-SHA-512": scram.SHA512}[TheSecurity.Mechanism]
	if algorithm == nil {
		return nil
	}
	return Get(scram.Mechanism(algorithm, TheSecurity.Username, TheSecurity.Password))
}

func transport() *kafka.Transport {
	// It waits no longer than this for an answer either.
	return &kafka.Transport{MetadataTTL: 5 * time.Second, TLS: TheSecurity.TLS(), SASL: mechanism()}
}

func dialer() *kafka.Dialer {
	return &kafka.Dialer{Timeout: 60 * time.Second, DualStack: true, TLS: TheSecurity.TLS(), SASLMechanism: mechanism()}
}

func client(run Run) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(run.Bootstrap), Timeout: 60 * time.Second, Transport: transport()}
}

func create(run Run, topic string, partitions int, configs map[string]string) error {
	entries := []kafka.ConfigEntry{}
	for name, value := range configs {
		entries = append(entries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	response, err := client(run).CreateTopics(run.Context, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries}},
	})
	if err != nil {
		return err
	}
	return response.Errors[topic]
}

func produce(run Run, topic string, messages []kafka.Message, change ...func(*kafka.Writer)) {
	writer := &kafka.Writer{
		Addr: kafka.TCP(run.Bootstrap), Topic: topic, RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond,
		BatchBytes: 4 << 20, BatchSize: 1000, Balancer: &kafka.Hash{}, Transport: transport(),
	}
	for _, f := range change {
		f(writer)
	}
	defer writer.Close()
	Must(writer.WriteMessages(run.Context, messages...))
}

// byNumber puts a record whose value is a number on the partition of that number.
func byNumber(w *kafka.Writer) {
	w.Balancer = kafka.BalancerFunc(func(m kafka.Message, partitions ...int) int {
		return partitions[Get(strconv.Atoi(string(m.Value)))%len(partitions)]
	})
}

func texts(values []string) []kafka.Message {
	messages := make([]kafka.Message, len(values))
	for i, value := range values {
		messages[i] = kafka.Message{Value: []byte(value)}
	}
	return messages
}

func partitionReader(run Run, topic string, partition int) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{run.Bootstrap}, Dialer: dialer(), Topic: topic, Partition: partition, MaxBytes: 8 << 20, MaxWait: 100 * time.Millisecond})
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
	Must(create(run, a, 1, nil))
	Must(create(run, b, 3, map[string]string{"max.message.bytes": "4194304"}))
	if err := create(run, a, 1, nil); !errors.Is(err, kafka.TopicAlreadyExists) {
		return fmt.Errorf("an existing topic: %v", err)
	}
	partitions := map[string]int{}
	for _, topic := range Get(client(run).Metadata(run.Context, &kafka.MetadataRequest{Topics: []string{a, b}})).Topics {
		partitions[topic.Name] = len(topic.Partitions)
	}
	Equal("partitions", partitions, map[string]int{a: 1, b: 3})
	return nil
}

func keyedAndHeaded(run Run) error {
	topic := run.Prefix + "-a"
	messages := []kafka.Message{}
	for i := range 10 {
		n := strconv.Itoa(i)
		messages = append(messages, kafka.Message{Key: []byte("key-" + n), Value: []byte("value-" + n),
			Headers: []kafka.Header{{Key: "first", Value: []byte("h" + n)}, {Key: "empty", Value: []byte{}}}})
	}
	produce(run, topic, messages)
	for i, m := range read(run, topic, 1, 10) {
		n := strconv.Itoa(i)
		Equal("record", plain([]kafka.Message{m})[0], Record{0, int64(i), "key-" + n, "value-" + n})
		headers := []string{}
		for _, h := range m.Headers {
			headers = append(headers, h.Key+"="+string(h.Value))
		}
		Equal("headers", headers, []string{"first=h" + n, "empty="})
	}
	return nil
}

func compression(name string, codec kafka.Compression) Step {
	return Step{"compression-" + name, func(run Run) error {
		topic := run.Prefix + "-" + name
		Must(create(run, topic, 1, nil))
		values := CompressibleValues(200)
		produce(run, topic, texts(values), func(w *kafka.Writer) { w.Compression = codec })
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
	produce(run, topic, messages)
	CheckPerKeyOrder(plain(read(run, topic, 3, 300)), Keyed())
	return nil
}

func newGroup(run Run, group, topic string) *kafka.ConsumerGroup {
	return Get(kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Brokers: []string{run.Bootstrap}, Dialer: dialer(), Topics: []string{topic}, HeartbeatInterval: 300 * time.Millisecond,
		SessionTimeout: 30 * time.Second, RebalanceTimeout: 30 * time.Second, JoinGroupBackoff: 100 * time.Millisecond, StartOffset: kafka.FirstOffset,
	}))
}

func groupOfTwo(run Run) error {
	topic := run.Prefix + "-group"
	Must(create(run, topic, 4, nil))
	produce(run, topic, texts(Numbers(0, 100, 1)), byNumber)
	var lock sync.Mutex
	owned, seen := [2]int{}, map[string]bool{}
	stops := [2]func(){}
	for index := range stops {
		group := newGroup(run, topic+"-members", topic)
		ctx, cancel := context.WithCancel(run.Context)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				generation, err := group.Next(ctx)
				if err != nil {
					continue
				}
				lock.Lock()
				owned[index] = len(generation.Assignments[topic])
				lock.Unlock()
				for _, assignment := range generation.Assignments[topic] {
					generation.Start(func(ctx context.Context) {
						reader := partitionReader(run, topic, assignment.ID)
						defer reader.Close()
						reader.SetOffset(assignment.Offset)
						for {
							m, err := reader.ReadMessage(ctx)
							if err != nil {
								return
							}
							lock.Lock()
							seen[string(m.Value)] = true
							lock.Unlock()
						}
					})
				}
			}
		}()
		stops[index] = func() { cancel(); group.Close(); <-done }
	}
	is := func(wanted [2]int) func() bool {
		return func() bool { lock.Lock(); defer lock.Unlock(); return owned == wanted }
	}
	Eventually("both members own two partitions", is([2]int{2, 2}))
	stops[0]()
	Eventually("the second member owns all", is([2]int{2, 4}))
	Eventually("every record", func() bool { lock.Lock(); defer lock.Unlock(); return len(seen) == 100 })
	stops[1]()
	return nil
}

func commitAndResume(run Run) error {
	topic := run.Prefix + "-resume"
	group := topic + "-group"
	Must(create(run, topic, 1, nil))
	produce(run, topic, texts(Numbers(0, 100, 1)))
	reader := func() *kafka.Reader {
		return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{run.Bootstrap}, Dialer: dialer(), GroupID: group, Topic: topic, MaxWait: 100 * time.Millisecond, StartOffset: kafka.FirstOffset,
			HeartbeatInterval: 300 * time.Millisecond, SessionTimeout: 30 * time.Second, JoinGroupBackoff: 100 * time.Millisecond})
	}
	first := reader()
	var last kafka.Message
	for range 60 {
		last = Get(first.FetchMessage(run.Context))
	}
	Must(first.CommitMessages(run.Context, last))
	Must(first.Close())
	fetched := Get(client(run).OffsetFetch(run.Context, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}}))
	Equal("committed", fetched.Topics[topic][0].CommittedOffset, int64(60))
	second := reader()
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
	Must(create(run, topic, 1, nil))
	start := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	messages := texts(Numbers(0, 10, 1))
	for i := range messages {
		messages[i].Time = start.Add(time.Duration(i) * time.Second)
	}
	produce(run, topic, messages)
	at := func(afterMs int) int64 {
		conn := Get(dialer().DialLeader(run.Context, "tcp", run.Bootstrap, topic, 0))
		defer conn.Close()
		return Get(conn.ReadOffset(start.Add(time.Duration(afterMs) * time.Millisecond)))
	}
	Equal("offsets", []int64{at(5000), at(4001)}, []int64{5, 5})
	reader := partitionReader(run, topic, 0)
	defer reader.Close()
	Must(reader.SetOffsetAt(run.Context, start.Add(5*time.Second)))
	Equal("the sixth", string(Get(reader.ReadMessage(run.Context)).Value), "5")
	return nil
}

func emptyAndLarge(run Run) error {
	topic := run.Prefix + "-sizes"
	Must(create(run, topic, 1, map[string]string{"max.message.bytes": "4194304"}))
	large := strings.Repeat("x", 1<<20)
	for _, m := range []kafka.Message{
		{Key: []byte("a"), Value: []byte{}}, {Key: []byte("b")}, {Key: []byte{}, Value: []byte("empty key")}, {Key: []byte("d"), Value: []byte(large)},
	} {
		produce(run, topic, []kafka.Message{m})
	}
	messages := read(run, topic, 1, 4)
	keys := []string{}
	for _, m := range messages {
		keys = append(keys, string(m.Key))
	}
	Equal("keys", keys, []string{"a", "b", "", "d"})
	// This client gives nil for an empty value and for none.
	Equal("values", Values(plain(messages), -1), []string{"", "", "empty key", large})
	return nil
}

func describeAndDelete(run Run) error {
	cl := client(run)
	described := Get(cl.DescribeConfigs(run.Context, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: run.Prefix + "-b", ConfigNames: []string{"max.message.bytes"}}}}))
	entry := described.Resources[0].ConfigEntries[0]
	Equal("max.message.bytes", []any{entry.ConfigValue, entry.ConfigSource}, []any{"4194304", int8(1)})
	groups := Get(cl.DescribeGroups(run.Context, &kafka.DescribeGroupsRequest{GroupIDs: []string{run.Prefix + "-resume-group"}}))
	Equal("state", groups.Groups[0].GroupState, "Empty")
	doomed := run.Prefix + "-doomed"
	Must(create(run, doomed, 1, nil))
	Must(Get(cl.DeleteTopics(run.Context, &kafka.DeleteTopicsRequest{Topics: []string{doomed}})).Errors[doomed])
	Eventually("the topic is gone", func() bool {
		for _, topic := range Get(client(run).Metadata(run.Context, &kafka.MetadataRequest{})).Topics {
			if topic.Name == doomed {
				return false
			}
		}
		return true
	})
	return nil
}

func idempotent(Run) error {
	return fmt.Errorf("%w: the Writer has no idempotent mode", ErrUnsupported)
}

func beforeKill(run Run) error {
	topic := run.Prefix + "-durable"
	Must(create(run, topic, 2, nil))
	produce(run, topic, texts(Numbers(0, 1000, 1)), byNumber)
	response := Get(client(run).OffsetCommit(run.Context, &kafka.OffsetCommitRequest{GroupID: topic + "-group", GenerationID: -1,
		Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: 123}, {Partition: 1, Offset: 45}}}}))
	for _, partition := range response.Topics[topic] {
		Must(partition.Error)
	}
	return nil
}

func afterKill(run Run) error {
	topic := run.Prefix + "-durable"
	records := plain(read(run, topic, 2, 1000))
	Equal("partition 0", Values(records, 0), Numbers(0, 1000, 2))
	Equal("partition 1", Values(records, 1), Numbers(1, 1000, 2))
	fetched := Get(client(run).OffsetFetch(run.Context, &kafka.OffsetFetchRequest{GroupID: topic + "-group", Topics: map[string][]int{topic: {0, 1}}}))
	committed := map[int]int64{}
	for _, p := range fetched.Topics[topic] {
		committed[p.Partition] = p.CommittedOffset
	}
	Equal("committed", committed, map[int]int64{0: 123, 1: 45})
	produce(run, topic, texts(Numbers(0, 10, 1)), byNumber)
	read(run, topic, 2, 1010)
	return nil
}

func main() {
	Main([]Step{
		{"create-topics", createTopics},
		{"keyed-and-headed-records", keyedAndHeaded},
		compression("gzip", kafka.Gzip),
		compression("snappy", kafka.Snappy),
		compression("lz4", kafka.Lz4),
		compression("zstd", kafka.Zstd),
		{"several-partitions", severalPartitions},
		{"group-of-two", groupOfTwo},
		{"commit-and-resume", commitAndResume},
		{"seek-by-time", seekByTime},
		{"empty-and-large-records", emptyAndLarge},
		{"describe-and-delete", describeAndDelete},
		{"idempotent-produce", idempotent},
		{"before-kill", beforeKill},
	}, []Step{{"after-kill", afterKill}})
}
