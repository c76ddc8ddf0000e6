// The conformance scenarios through franz-go (kgo and kadm).
package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	. "walka.conformance/scenario"
)

func client(run Run, options ...kgo.Opt) *kgo.Client {
	return Get(kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(run.Bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.HeartbeatInterval(300 * time.Millisecond), kgo.SessionTimeout(30 * time.Second), kgo.ProducerBatchMaxBytes(4 << 20),
		kgo.MetadataMinAge(50 * time.Millisecond),
	}, append(secured(), options...)...)...))
}

func secured() (options []kgo.Opt) {
	if config := TheSecurity.TLS(); config != nil {
		options = append(options, kgo.DialTLSConfig(config))
	}
	user := scram.Auth{User: TheSecurity.Username, Pass: TheSecurity.Password}
	switch TheSecurity.Mechanism {
	case "SCRAM-SHA-256":
		options = append(options, kgo.SASL(user.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		options = append(options, kgo.SASL(user.AsSha512Mechanism()))
	}
	return options
}

func admin(run Run) *kadm.Client { return kadm.NewClient(client(run)) }

func create(run Run, topic string, partitions int32, configs map[string]string) error {
	adm := admin(run)
	defer adm.Close()
	values := map[string]*string{}
	for name, value := range configs {
		values[name] = kadm.StringPtr(value)
	}
	responses, err := adm.CreateTopics(run.Context, partitions, 1, values, topic)
	if err != nil {
		return err
	}
	return responses[topic].Err
}

func produce(run Run, topic string, records []*kgo.Record, options ...kgo.Opt) {
	cl := client(run, append([]kgo.Opt{kgo.DefaultProduceTopic(topic)}, options...)...)
	defer cl.Close()
	Must(cl.ProduceSync(run.Context, records...).FirstErr())
}

func texts(values []string) []*kgo.Record {
	records := make([]*kgo.Record, len(values))
	for i, value := range values {
		records[i] = kgo.StringRecord(value)
	}
	return records
}

func read(run Run, topic string, count int) []*kgo.Record {
	cl := client(run, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer cl.Close()
	records := []*kgo.Record{}
	for len(records) < count {
		fetches := cl.PollFetches(run.Context)
		Must(fetches.Err())
		records = append(records, fetches.Records()...)
	}
	Equal("records", len(records), count)
	return records
}

func plain(records []*kgo.Record) []Record {
	out := make([]Record, len(records))
	for i, r := range records {
		out[i] = Record{r.Partition, r.Offset, string(r.Key), string(r.Value)}
	}
	return out
}

func createTopics(run Run) error {
	a, b := run.Prefix+"-a", run.Prefix+"-b"
	Must(create(run, a, 1, nil))
	Must(create(run, b, 3, map[string]string{"max.message.bytes": "4194304"}))
	if err := create(run, a, 1, nil); !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("an existing topic: %v", err)
	}
	adm := admin(run)
	defer adm.Close()
	topics := Get(adm.ListTopics(run.Context, a, b))
	Equal("partitions", []int{len(topics[a].Partitions), len(topics[b].Partitions)}, []int{1, 3})
	return nil
}

func keyedAndHeaded(run Run) error {
	topic := run.Prefix + "-a"
	wanted := []*kgo.Record{}
	for i := range 10 {
		n := strconv.Itoa(i)
		headers := []kgo.RecordHeader{{Key: "first", Value: []byte("h" + n)}, {Key: "empty", Value: []byte{}}}
		wanted = append(wanted, &kgo.Record{Key: []byte("key-" + n), Value: []byte("value-" + n), Headers: headers})
	}
	produce(run, topic, wanted)
	for i, record := range read(run, topic, 10) {
		Equal("offset", record.Offset, int64(i))
		Equal("record", plain([]*kgo.Record{record}), plain([]*kgo.Record{wanted[i]}))
		Equal("headers", record.Headers, wanted[i].Headers)
	}
	return nil
}

func compression(name string, codec kgo.CompressionCodec) Step {
	return Step{"compression-" + name, func(run Run) error {
		topic := run.Prefix + "-" + name
		Must(create(run, topic, 1, nil))
		values := CompressibleValues(200)
		produce(run, topic, texts(values), kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(50*time.Millisecond))
		Equal("values", Values(plain(read(run, topic, 200)), -1), values)
		return nil
	}}
}

func severalPartitions(run Run) error {
	topic := run.Prefix + "-b"
	records := []*kgo.Record{}
	for _, r := range Keyed() {
		records = append(records, &kgo.Record{Key: []byte(r.Key), Value: []byte(r.Value)})
	}
	produce(run, topic, records, kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	CheckPerKeyOrder(plain(read(run, topic, 300)), Keyed())
	return nil
}

func groupOfTwo(run Run) error {
	topic := run.Prefix + "-group"
	Must(create(run, topic, 4, nil))
	records := texts(Numbers(0, 100, 1))
	for i, r := range records {
		r.Partition = int32(i % 4)
	}
	produce(run, topic, records)
	var lock sync.Mutex
	owned, seen := [2]int{}, map[string]bool{}
	members := [2]*kgo.Client{}
	for index := range members {
		count := func(delta int) func(context.Context, *kgo.Client, map[string][]int32) {
			return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
				lock.Lock()
				defer lock.Unlock()
				owned[index] += delta * len(partitions[topic])
			}
		}
		member := client(run, kgo.ConsumerGroup(topic+"-members"), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
			kgo.OnPartitionsAssigned(count(1)), kgo.OnPartitionsRevoked(count(-1)), kgo.OnPartitionsLost(count(-1)))
		members[index] = member
		go func() {
			for {
				fetches := member.PollFetches(run.Context)
				if fetches.IsClientClosed() || run.Context.Err() != nil {
					return
				}
				lock.Lock()
				fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)] = true })
				lock.Unlock()
			}
		}()
	}
	is := func(wanted [2]int) func() bool {
		return func() bool { lock.Lock(); defer lock.Unlock(); return owned == wanted }
	}
	Eventually("both members own two partitions", is([2]int{2, 2}))
	members[0].Close()
	Eventually("the second member owns all", is([2]int{0, 4}))
	Eventually("every record", func() bool { lock.Lock(); defer lock.Unlock(); return len(seen) == 100 })
	members[1].Close()
	return nil
}

func commitAndResume(run Run) error {
	topic := run.Prefix + "-resume"
	group := topic + "-group"
	Must(create(run, topic, 1, nil))
	produce(run, topic, texts(Numbers(0, 100, 1)))
	member := func() *kgo.Client {
		return client(run, kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit())
	}
	first := member()
	records := []*kgo.Record{}
	for len(records) < 60 {
		fetches := first.PollRecords(run.Context, 60-len(records))
		Must(fetches.Err())
		records = append(records, fetches.Records()...)
	}
	Must(first.CommitRecords(run.Context, records...))
	first.Close()
	adm := admin(run)
	defer adm.Close()
	offsets := Get(adm.FetchOffsets(run.Context, group))
	at, _ := offsets.Lookup(topic, 0)
	Equal("committed", at.At, int64(60))
	second := member()
	defer second.Close()
	rest := []*kgo.Record{}
	for len(rest) < 40 {
		fetches := second.PollFetches(run.Context)
		Must(fetches.Err())
		rest = append(rest, fetches.Records()...)
	}
	Equal("the rest", Values(plain(rest), -1), Numbers(60, 100, 1))
	return nil
}

func seekByTime(run Run) error {
	topic := run.Prefix + "-time"
	Must(create(run, topic, 1, nil))
	start := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	records := texts(Numbers(0, 10, 1))
	for i, r := range records {
		r.Timestamp = start.Add(time.Duration(i) * time.Second)
	}
	produce(run, topic, records)
	adm := admin(run)
	defer adm.Close()
	at := func(afterMs int64) int64 {
		offset, _ := Get(adm.ListOffsetsAfterMilli(run.Context, start.UnixMilli()+afterMs, topic)).Lookup(topic, 0)
		Must(offset.Err)
		return offset.Offset
	}
	Equal("offsets", []int64{at(5000), at(4001)}, []int64{5, 5})
	// Former releases of kadm give what the broker says of a time after the last.
	if end := at(10000); end != 10 && end != -1 {
		return fmt.Errorf("after the last: %d", end)
	}
	cl := client(run, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AfterMilli(start.UnixMilli() + 5000)}}))
	defer cl.Close()
	fetches := cl.PollFetches(run.Context)
	Must(fetches.Err())
	Equal("the sixth", string(fetches.Records()[0].Value), "5")
	return nil
}

func emptyAndLarge(run Run) error {
	topic := run.Prefix + "-sizes"
	Must(create(run, topic, 1, map[string]string{"max.message.bytes": "4194304"}))
	large := []byte(strings.Repeat("x", 1<<20))
	wanted := []*kgo.Record{{Key: []byte("a"), Value: []byte{}}, {Key: []byte("b")}, {Key: []byte{}, Value: []byte("empty key")}, {Key: []byte("d"), Value: large}}
	for _, record := range wanted {
		produce(run, topic, []*kgo.Record{record})
	}
	for i, record := range read(run, topic, 4) {
		Equal("key", string(record.Key), string(wanted[i].Key))
		Equal("value", string(record.Value), string(wanted[i].Value))
		Equal("null value", record.Value == nil, wanted[i].Value == nil)
		Equal("null key", record.Key == nil, wanted[i].Key == nil)
	}
	return nil
}

func describeAndDelete(run Run) error {
	adm := admin(run)
	defer adm.Close()
	described := Get(Get(adm.DescribeTopicConfigs(run.Context, run.Prefix+"-b")).On(run.Prefix+"-b", nil))
	var shown []string
	for _, config := range described.Configs {
		if config.Key == "max.message.bytes" {
			shown = append(shown, config.MaybeValue(), config.Source.String())
		}
	}
	Equal("max.message.bytes", shown, []string{"4194304", "DYNAMIC_TOPIC_CONFIG"})
	group := run.Prefix + "-resume-group"
	Equal("state", Get(adm.DescribeGroups(run.Context, group))[group].State, "Empty")
	doomed := run.Prefix + "-doomed"
	Must(create(run, doomed, 1, nil))
	Must(Get(adm.DeleteTopics(run.Context, doomed))[doomed].Err)
	Eventually("the topic is gone", func() bool { return !Get(adm.ListTopics(run.Context)).Has(doomed) })
	return nil
}

func idempotent(run Run) error {
	topic := run.Prefix + "-idempotent"
	Must(create(run, topic, 1, nil))
	produce(run, topic, texts(Numbers(0, 500, 1)), kgo.MaxBufferedRecords(20))
	Equal("values", Values(plain(read(run, topic, 500)), -1), Numbers(0, 500, 1))
	return nil
}

func beforeKill(run Run) error {
	topic := run.Prefix + "-durable"
	Must(create(run, topic, 2, nil))
	records := texts(Numbers(0, 1000, 1))
	for i, r := range records {
		r.Partition = int32(i % 2)
	}
	produce(run, topic, records)
	adm := admin(run)
	defer adm.Close()
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, 123, -1)
	offsets.AddOffset(topic, 1, 45, -1)
	Must(adm.CommitAllOffsets(run.Context, topic+"-group", offsets))
	return nil
}

func afterKill(run Run) error {
	topic := run.Prefix + "-durable"
	records := plain(read(run, topic, 1000))
	Equal("partition 0", Values(records, 0), Numbers(0, 1000, 2))
	Equal("partition 1", Values(records, 1), Numbers(1, 1000, 2))
	adm := admin(run)
	defer adm.Close()
	committed := Get(adm.FetchOffsets(run.Context, topic+"-group"))
	zero, _ := committed.Lookup(topic, 0)
	one, _ := committed.Lookup(topic, 1)
	Equal("committed", []int64{zero.At, one.At}, []int64{123, 45})
	produce(run, topic, texts(Numbers(0, 10, 1)))
	read(run, topic, 1010)
	return nil
}

func main() {
	Main([]Step{
		{"create-topics", createTopics},
		{"keyed-and-headed-records", keyedAndHeaded},
		compression("gzip", kgo.GzipCompression()),
		compression("snappy", kgo.SnappyCompression()),
		compression("lz4", kgo.Lz4Compression()),
		compression("zstd", kgo.ZstdCompression()),
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
