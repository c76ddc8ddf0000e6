// The conformance scenarios through sarama.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"

	. "walka.conformance/scenario"
)

func config() *sarama.Config {
	c := sarama.NewConfig()
	// A release whose protocol is to be spoken instead.
	c.Version = Get(sarama.ParseKafkaVersion(cmp.Or(os.Getenv("WALKA_SARAMA_RELEASE"), "4.0.0")))
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Return.Successes = true
	c.Producer.MaxMessageBytes = 4 << 20
	c.Producer.Partitioner = sarama.NewHashPartitioner
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	// Former releases commit only on their own.
	_, commits := reflect.TypeFor[sarama.ConsumerGroupSession]().MethodByName("Commit")
	c.Consumer.Offsets.AutoCommit.Enable = !commits
	c.Consumer.Group.Session.Timeout = 30 * time.Second
	c.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	c.Admin.Timeout = 30 * time.Second
	c.Consumer.MaxWaitTime = 100 * time.Millisecond
	secure(c)
	return c
}

func secure(c *sarama.Config) {
	if config := TheSecurity.TLS(); config != nil {
		c.Net.TLS.Enable = true
		c.Net.TLS.Config = config
	}
	if TheSecurity.Mechanism == "" {
		return
	}
	c.Net.SASL.Enable = true
	c.Net.SASL.Mechanism = sarama.SASLMechanism(TheSecurity.Mechanism)
	c.Net.SASL.User = TheSecurity.Username
	c.Net.SASL.Password = TheSecurity.Password
	hash := map[string]scram.HashGeneratorFcn{"SCRAM-SHA-256": scram.SHA256, "SCRAM-SHA-512": scram.SHA512}[TheSecurity.Mechanism]
	c.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &scramClient{hash: hash} }
}

// scramClient is how sarama is given an implementation of SCRAM, of which it has none.
type scramClient struct {
	hash         scram.HashGeneratorFcn
	conversation *scram.ClientConversation
}

func (c *scramClient) Begin(user, password, authorization string) error {
	client, err := c.hash.NewClient(user, password, authorization)
	if err == nil {
		c.conversation = client.NewConversation()
	}
	return err
}

func (c *scramClient) Step(challenge string) (string, error) { return c.conversation.Step(challenge) }

func (c *scramClient) Done() bool { return c.conversation.Done() }

func admin(run Run) sarama.ClusterAdmin {
	return Get(sarama.NewClusterAdmin([]string{run.Bootstrap}, config()))
}

func create(run Run, topic string, partitions int32, configs map[string]string) error {
	adm := admin(run)
	defer adm.Close()
	entries := map[string]*string{}
	for name, value := range configs {
		entries[name] = &value
	}
	return adm.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries}, false)
}

func produce(run Run, messages []*sarama.ProducerMessage, change ...func(*sarama.Config)) {
	c := config()
	for _, f := range change {
		f(c)
	}
	producer := Get(sarama.NewSyncProducer([]string{run.Bootstrap}, c))
	defer producer.Close()
	Must(producer.SendMessages(messages))
}

func manual(c *sarama.Config) { c.Producer.Partitioner = sarama.NewManualPartitioner }

func texts(topic string, values []string, partitions int) []*sarama.ProducerMessage {
	messages := make([]*sarama.ProducerMessage, len(values))
	for i, value := range values {
		messages[i] = &sarama.ProducerMessage{Topic: topic, Partition: int32(i % partitions), Value: sarama.StringEncoder(value)}
	}
	return messages
}

func read(run Run, topic string, count int) []*sarama.ConsumerMessage {
	consumer := Get(sarama.NewConsumer([]string{run.Bootstrap}, config()))
	defer consumer.Close()
	all := make(chan *sarama.ConsumerMessage, count)
	for _, partition := range Get(consumer.Partitions(topic)) {
		reader := Get(consumer.ConsumePartition(topic, partition, sarama.OffsetOldest))
		defer reader.AsyncClose()
		go func() {
			for message := range reader.Messages() {
				all <- message
			}
		}()
	}
	messages := []*sarama.ConsumerMessage{}
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

func plain(messages []*sarama.ConsumerMessage) []Record {
	out := make([]Record, len(messages))
	for i, m := range messages {
		out[i] = Record{m.Partition, m.Offset, string(m.Key), string(m.Value)}
	}
	return out
}

func keys(records []Record) []string {
	keys := []string{}
	for _, record := range records {
		keys = append(keys, record.Key)
	}
	return keys
}

func createTopics(run Run) error {
	a, b := run.Prefix+"-a", run.Prefix+"-b"
	Must(create(run, a, 1, nil))
	Must(create(run, b, 3, map[string]string{"max.message.bytes": "4194304"}))
	var refused *sarama.TopicError
	if err := create(run, a, 1, nil); !errors.As(err, &refused) || refused.Err != sarama.ErrTopicAlreadyExists {
		return fmt.Errorf("an existing topic: %v", err)
	}
	adm := admin(run)
	defer adm.Close()
	partitions := map[string]int{}
	for _, topic := range Get(adm.DescribeTopics([]string{a, b})) {
		partitions[topic.Name] = len(topic.Partitions)
	}
	Equal("partitions", partitions, map[string]int{a: 1, b: 3})
	return nil
}

func keyedAndHeaded(run Run) error {
	topic := run.Prefix + "-a"
	messages := []*sarama.ProducerMessage{}
	for i := range 10 {
		n := strconv.Itoa(i)
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("key-" + n), Value: sarama.StringEncoder("value-" + n),
			Headers: []sarama.RecordHeader{{Key: []byte("first"), Value: []byte("h" + n)}, {Key: []byte("empty"), Value: []byte{}}}})
	}
	produce(run, messages)
	for i, m := range read(run, topic, 10) {
		n := strconv.Itoa(i)
		Equal("record", plain([]*sarama.ConsumerMessage{m})[0], Record{0, int64(i), "key-" + n, "value-" + n})
		headers := []string{}
		for _, h := range m.Headers {
			headers = append(headers, string(h.Key)+"="+string(h.Value))
		}
		Equal("headers", headers, []string{"first=h" + n, "empty="})
	}
	return nil
}

func compression(name string, codec sarama.CompressionCodec) Step {
	return Step{"compression-" + name, func(run Run) error {
		topic := run.Prefix + "-" + name
		Must(create(run, topic, 1, nil))
		values := CompressibleValues(200)
		produce(run, texts(topic, values, 1), func(c *sarama.Config) {
			c.Producer.Compression = codec
			c.Producer.Flush.Frequency = 50 * time.Millisecond
		})
		Equal("values", Values(plain(read(run, topic, 200)), -1), values)
		return nil
	}}
}

func severalPartitions(run Run) error {
	topic := run.Prefix + "-b"
	messages := []*sarama.ProducerMessage{}
	for _, r := range Keyed() {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(r.Key), Value: sarama.StringEncoder(r.Value)})
	}
	produce(run, messages)
	CheckPerKeyOrder(plain(read(run, topic, 300)), Keyed())
	return nil
}

// handler counts a member's partitions and hands on its records.
type handler struct {
	lock   *sync.Mutex
	owned  *int
	onRead func(sarama.ConsumerGroupSession, *sarama.ConsumerMessage) bool
}

func (h handler) Setup(s sarama.ConsumerGroupSession) error {
	h.lock.Lock()
	defer h.lock.Unlock()
	*h.owned = 0
	for _, partitions := range s.Claims() {
		*h.owned += len(partitions)
	}
	return nil
}
func (h handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (h handler) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case m, open := <-claim.Messages():
			if !open || !h.onRead(s, m) {
				return nil
			}
		case <-s.Context().Done():
			return nil
		}
	}
}

func join(run Run, group, topic string, h handler) (stop func()) {
	member := Get(sarama.NewConsumerGroup([]string{run.Bootstrap}, group, config()))
	ctx, cancel := context.WithCancel(run.Context)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := member.Consume(ctx, []string{topic}, h); err != nil {
				return
			}
		}
	}()
	return func() { cancel(); <-done; member.Close() }
}

func groupOfTwo(run Run) error {
	topic := run.Prefix + "-group"
	Must(create(run, topic, 4, nil))
	produce(run, texts(topic, Numbers(0, 100, 1), 4), manual)
	var lock sync.Mutex
	owned, seen := [2]int{}, map[string]bool{}
	onRead := func(_ sarama.ConsumerGroupSession, m *sarama.ConsumerMessage) bool {
		lock.Lock()
		defer lock.Unlock()
		seen[string(m.Value)] = true
		return true
	}
	first := join(run, topic+"-members", topic, handler{&lock, &owned[0], onRead})
	second := join(run, topic+"-members", topic, handler{&lock, &owned[1], onRead})
	is := func(wanted [2]int) func() bool {
		return func() bool { lock.Lock(); defer lock.Unlock(); return owned == wanted }
	}
	Eventually("both members own two partitions", is([2]int{2, 2}))
	first()
	Eventually("the second member owns all", is([2]int{2, 4}))
	Eventually("every record", func() bool { lock.Lock(); defer lock.Unlock(); return len(seen) == 100 })
	second()
	return nil
}

// commit has it done at once; former releases do it when they close.
func commit(marked any) {
	if committer, can := marked.(interface{ Commit() }); can {
		committer.Commit()
	}
}

func commitAndResume(run Run) error {
	topic := run.Prefix + "-resume"
	group := topic + "-group"
	Must(create(run, topic, 1, nil))
	produce(run, texts(topic, Numbers(0, 100, 1), 1))
	var lock sync.Mutex
	owned, count := 0, 0
	done := make(chan struct{})
	stop := join(run, group, topic, handler{&lock, &owned, func(s sarama.ConsumerGroupSession, m *sarama.ConsumerMessage) bool {
		count++
		s.MarkMessage(m, "")
		if count == 60 {
			commit(s)
			close(done)
			return false
		}
		return true
	}})
	<-done
	stop()
	adm := admin(run)
	defer adm.Close()
	offsets := Get(adm.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}}))
	Equal("committed", offsets.GetBlock(topic, 0).Offset, int64(60))
	rest := []string{}
	finished := make(chan struct{})
	stop = join(run, group, topic, handler{&lock, &owned, func(_ sarama.ConsumerGroupSession, m *sarama.ConsumerMessage) bool {
		rest = append(rest, string(m.Value))
		if len(rest) == 40 {
			close(finished)
			return false
		}
		return true
	}})
	<-finished
	stop()
	Equal("the rest", rest, Numbers(60, 100, 1))
	return nil
}

func seekByTime(run Run) error {
	topic := run.Prefix + "-time"
	Must(create(run, topic, 1, nil))
	start := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	messages := texts(topic, Numbers(0, 10, 1), 1)
	for i, m := range messages {
		m.Timestamp = start.Add(time.Duration(i) * time.Second)
	}
	produce(run, messages)
	cl := Get(sarama.NewClient([]string{run.Bootstrap}, config()))
	defer cl.Close()
	at := func(afterMs int64) int64 { return Get(cl.GetOffset(topic, 0, start.UnixMilli()+afterMs)) }
	Equal("offsets", []int64{at(5000), at(4001), at(10000)}, []int64{5, 5, -1})
	consumer := Get(sarama.NewConsumerFromClient(cl))
	defer consumer.Close()
	reader := Get(consumer.ConsumePartition(topic, 0, 5))
	defer reader.AsyncClose()
	select {
	case message := <-reader.Messages():
		Equal("the sixth", string(message.Value), "5")
	case <-run.Context.Done():
		panic("no record at offset 5")
	}
	return nil
}

func emptyAndLarge(run Run) error {
	topic := run.Prefix + "-sizes"
	Must(create(run, topic, 1, map[string]string{"max.message.bytes": "4194304"}))
	large := strings.Repeat("x", 1<<20)
	for _, m := range []*sarama.ProducerMessage{
		{Key: sarama.StringEncoder("a"), Value: sarama.ByteEncoder{}}, {Key: sarama.StringEncoder("b")},
		{Key: sarama.ByteEncoder{}, Value: sarama.StringEncoder("empty key")}, {Key: sarama.StringEncoder("d"), Value: sarama.StringEncoder(large)},
	} {
		m.Topic = topic
		produce(run, []*sarama.ProducerMessage{m})
	}
	messages := read(run, topic, 4)
	Equal("keys", keys(plain(messages)), []string{"a", "b", "", "d"})
	Equal("values", Values(plain(messages), -1), []string{"", "", "empty key", large})
	Equal("null value", []bool{messages[0].Value == nil, messages[1].Value == nil}, []bool{false, true})
	Equal("null key", messages[2].Key == nil, false)
	return nil
}

func describeAndDelete(run Run) error {
	adm := admin(run)
	defer adm.Close()
	entries := Get(adm.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: run.Prefix + "-b", ConfigNames: []string{"max.message.bytes"}}))
	Equal("max.message.bytes", []any{entries[0].Value, entries[0].Source}, []any{"4194304", sarama.SourceTopic})
	Equal("state", Get(adm.DescribeConsumerGroups([]string{run.Prefix + "-resume-group"}))[0].State, "Empty")
	doomed := run.Prefix + "-doomed"
	Must(create(run, doomed, 1, nil))
	Must(adm.DeleteTopic(doomed))
	Eventually("the topic is gone", func() bool { _, found := Get(adm.ListTopics())[doomed]; return !found })
	return nil
}

func idempotent(run Run) error {
	topic := run.Prefix + "-idempotent"
	Must(create(run, topic, 1, nil))
	produce(run, texts(topic, Numbers(0, 500, 1), 1), func(c *sarama.Config) {
		c.Producer.Idempotent = true
		c.Net.MaxOpenRequests = 1
		c.Producer.Flush.MaxMessages = 10
	})
	Equal("values", Values(plain(read(run, topic, 500)), -1), Numbers(0, 500, 1))
	return nil
}

func beforeKill(run Run) error {
	topic := run.Prefix + "-durable"
	Must(create(run, topic, 2, nil))
	produce(run, texts(topic, Numbers(0, 1000, 1), 2), manual)
	cl := Get(sarama.NewClient([]string{run.Bootstrap}, config()))
	defer cl.Close()
	manager := Get(sarama.NewOffsetManagerFromClient(topic+"-group", cl))
	defer manager.Close()
	for partition, offset := range []int64{123, 45} {
		p := Get(manager.ManagePartition(topic, int32(partition)))
		defer p.AsyncClose()
		p.MarkOffset(offset, "")
	}
	commit(manager)
	return nil
}

func afterKill(run Run) error {
	topic := run.Prefix + "-durable"
	records := plain(read(run, topic, 1000))
	Equal("partition 0", Values(records, 0), Numbers(0, 1000, 2))
	Equal("partition 1", Values(records, 1), Numbers(1, 1000, 2))
	adm := admin(run)
	defer adm.Close()
	offsets := Get(adm.ListConsumerGroupOffsets(topic+"-group", map[string][]int32{topic: {0, 1}}))
	Equal("committed", []int64{offsets.GetBlock(topic, 0).Offset, offsets.GetBlock(topic, 1).Offset}, []int64{123, 45})
	produce(run, texts(topic, Numbers(0, 10, 1), 1))
	read(run, topic, 1010)
	return nil
}

func main() {
	Main([]Step{
		{"create-topics", createTopics},
		{"keyed-and-headed-records", keyedAndHeaded},
		compression("gzip", sarama.CompressionGZIP),
		compression("snappy", sarama.CompressionSnappy),
		compression("lz4", sarama.CompressionLZ4),
		compression("zstd", sarama.CompressionZSTD),
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
