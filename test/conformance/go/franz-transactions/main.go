// The scenarios of transactions through franz-go; see scenarios.md.
package main

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	. "walka.conformance/scenario"
)

func client(run Run, options ...kgo.Opt) *kgo.Client {
	return Get(kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(run.Bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.HeartbeatInterval(300 * time.Millisecond), kgo.SessionTimeout(30 * time.Second), kgo.MetadataMinAge(50 * time.Millisecond),
	}, options...)...))
}

func create(run Run, topic string, partitions int32) {
	adm := kadm.NewClient(client(run))
	defer adm.Close()
	Must(Get(adm.CreateTopic(run.Context, partitions, 1, nil, topic)).Err)
}

func records(topic string, partitions int, prefix string, count int) []*kgo.Record {
	made := make([]*kgo.Record, count)
	for i := range made {
		made[i] = &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: []byte(prefix + strconv.Itoa(i))}
	}
	return made
}

func values(prefix string, count int) []string {
	made := make([]string, count)
	for i := range made {
		made[i] = prefix + strconv.Itoa(i)
	}
	return made
}

func sorted(parts ...[]string) []string {
	all := []string{}
	for _, part := range parts {
		all = append(all, part...)
	}
	sort.Strings(all)
	return all
}

func transact(run Run, cl *kgo.Client, commit kgo.TransactionEndTry, made []*kgo.Record) {
	Must(cl.BeginTransaction())
	Must(cl.ProduceSync(run.Context, made...).FirstErr())
	Must(cl.EndTransaction(run.Context, commit))
}

func writeEnds(run Run, topic string, partitions int32) {
	cl := client(run)
	defer cl.Close()
	for partition := range partitions {
		Must(cl.ProduceSync(run.Context, &kgo.Record{Topic: topic, Partition: partition, Value: []byte("end")}).FirstErr())
	}
}

// readToEnd reads until `end` has come `ends` times and gives the other values, sorted.
func readToEnd(run Run, topic string, ends int, isolation kgo.IsolationLevel) []string {
	cl := client(run, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(isolation))
	defer cl.Close()
	found := []string{}
	for ends > 0 {
		fetches := cl.PollFetches(run.Context)
		Must(fetches.Err())
		for _, record := range fetches.Records() {
			if string(record.Value) == "end" {
				ends--
			} else {
				found = append(found, string(record.Value))
			}
		}
	}
	return sorted(found)
}

func transactions(run Run) error {
	topic := run.Prefix + "-tx"
	create(run, topic, 2)
	cl := client(run, kgo.TransactionalID(topic+"-id"))
	transact(run, cl, kgo.TryCommit, records(topic, 2, "a", 10))
	transact(run, cl, kgo.TryAbort, records(topic, 2, "b", 10))
	transact(run, cl, kgo.TryCommit, records(topic, 2, "c", 5))
	cl.Close()
	writeEnds(run, topic, 2)
	Equal("committed", readToEnd(run, topic, 2, kgo.ReadCommitted()), sorted(values("a", 10), values("c", 5)))
	Equal("uncommitted", readToEnd(run, topic, 2, kgo.ReadUncommitted()), sorted(values("a", 10), values("b", 10), values("c", 5)))
	return nil
}

func committed(run Run, group, topic string) int64 {
	adm := kadm.NewClient(client(run))
	defer adm.Close()
	offsets := Get(adm.FetchOffsets(run.Context, group))
	if at, found := offsets.Lookup(topic, 0); found {
		return at.At
	}
	return -1
}

func transform(run Run) error {
	from, to, group := run.Prefix+"-in", run.Prefix+"-out", run.Prefix+"-transform"
	create(run, from, 1)
	create(run, to, 1)
	plain := client(run)
	Must(plain.ProduceSync(run.Context, records(from, 1, "", 20)...).FirstErr())
	plain.Close()
	for _, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		session := Get(kgo.NewGroupTransactSession(
			kgo.SeedBrokers(run.Bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchMaxWait(100*time.Millisecond),
			kgo.TransactionalID(to+"-id"), kgo.ConsumerGroup(group), kgo.ConsumeTopics(from),
			kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(300*time.Millisecond)))
		Must(session.Begin())
		for count := 0; count < 20; {
			fetches := session.PollFetches(run.Context)
			Must(fetches.Err())
			for _, record := range fetches.Records() {
				value := "x" + string(record.Value)
				Must(session.ProduceSync(run.Context, &kgo.Record{Topic: to, Partition: 0, Value: []byte(value)}).FirstErr())
				count++
			}
		}
		didCommit := Get(session.End(run.Context, end))
		Equal("committed", didCommit, end == kgo.TryCommit)
		session.Close()
		wanted := map[bool]int64{false: -1, true: 20}[didCommit]
		Eventually("the offset "+strconv.FormatInt(wanted, 10), func() bool { return committed(run, group, from) == wanted })
	}
	writeEnds(run, to, 1)
	Equal("copies", readToEnd(run, to, 1, kgo.ReadCommitted()), sorted(values("x", 20)))
	return nil
}

func beforeKill(run Run) error {
	topic := run.Prefix + "-survivors"
	create(run, topic, 1)
	cl := client(run, kgo.TransactionalID(run.Prefix+"-survivor"))
	transact(run, cl, kgo.TryCommit, records(topic, 1, "a", 5))
	Must(cl.BeginTransaction())
	Must(cl.ProduceSync(run.Context, records(topic, 1, "b", 5)...).FirstErr())
	return nil
}

func afterKill(run Run) error {
	topic := run.Prefix + "-survivors"
	cl := client(run, kgo.TransactionalID(run.Prefix+"-survivor"))
	transact(run, cl, kgo.TryCommit, records(topic, 1, "c", 5))
	cl.Close()
	writeEnds(run, topic, 1)
	found := strings.Join(readToEnd(run, topic, 1, kgo.ReadCommitted()), " ")
	Equal("survivors", found, strings.Join(sorted(values("a", 5), values("c", 5)), " "))
	return nil
}

func main() {
	Main([]Step{
		{"transactions", transactions},
		{"transform", transform},
		{"before-kill", beforeKill},
	}, []Step{{"after-kill", afterKill}})
}
