// The load generator's counterpart on franz-go, for loads that librdkafka does not make: its producers put the batches of
// all partitions into one request, so requests grow with the partitions. One mode a call, one JSON line as the answer.
// Built by bench/load-generator.ts.
//
//	franz produce   BOOTSTRAP TOPIC PARTITIONS PRODUCERS SIZE SECONDS
//	franz roundtrip BOOTSTRAP TOPIC RECORDS SIZE                   one record in flight, then the same with a reader
//	franz openloop  BOOTSTRAP TOPIC PARTITIONS RATE SECONDS SIZE   records by the clock, read at the same time
//
// produce: that many clients, each idempotent with acks=all and without compression, send records of SIZE bytes to all
// partitions in turn for SECONDS after a second of warming up, while another client asks for the topic's metadata ten
// times a second.
//
// openloop sends whatever the answers do, and measures every latency from the moment at which a record was due, as
// load.c does. The first two seconds warm up.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const warmUp = time.Second

func main() {
	modes := map[string]func(args []string) map[string]float64{
		"produce": produce, "roundtrip": roundTrip, "openloop": openLoop,
	}
	if len(os.Args) < 2 || modes[os.Args[1]] == nil {
		fail("usage: see main.go")
	}
	answer, err := json.Marshal(modes[os.Args[1]](os.Args[2:]))
	must(err)
	fmt.Println(string(answer))
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "franz:", why)
	os.Exit(1)
}

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	must(err)
	return value
}

func client(options ...kgo.Opt) *kgo.Client {
	cl, err := kgo.NewClient(options...)
	must(err)
	return cl
}

func produce(args []string) map[string]float64 {
	if len(args) != 6 {
		fail("produce BOOTSTRAP TOPIC PARTITIONS PRODUCERS SIZE SECONDS")
	}
	bootstrap, topic := args[0], args[1]
	partitions, producers, size, seconds := number(args[2]), number(args[3]), number(args[4]), number(args[5])
	value := make([]byte, size)
	rand.New(rand.NewSource(1)).Read(value)

	var acknowledged, failures atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for range producers {
		wait.Go(func() {
			cl := client(
				kgo.SeedBrokers(bootstrap), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()),
				kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MaxBufferedBytes(min(64, 512/producers)<<20),
			)
			defer cl.Close()
			for sent := 0; ctx.Err() == nil; sent++ {
				record := &kgo.Record{Value: value, Partition: int32(sent % partitions)}
				cl.Produce(ctx, record, func(_ *kgo.Record, err error) {
					if err == nil {
						acknowledged.Add(int64(size))
					} else if ctx.Err() == nil {
						failures.Add(1)
						fmt.Fprintln(os.Stderr, "franz:", err)
					}
				})
			}
		})
	}
	time.Sleep(warmUp)
	start, before := time.Now(), acknowledged.Load()
	slowest := askFor(bootstrap, topic, time.Duration(seconds)*time.Second)
	elapsed, bytes := time.Since(start).Seconds(), acknowledged.Load()-before
	stop()
	wait.Wait()
	return map[string]float64{
		"timedBytes": float64(bytes), "bytes": float64(acknowledged.Load()), "seconds": elapsed,
		"metadataMaxMs": float64(slowest.Microseconds()) / 1000, "failures": float64(failures.Load()),
	}
}

// askFor asks for the topic's metadata again and again over connections of its own, and gives the longest answer's time.
func askFor(bootstrap, topic string, duration time.Duration) time.Duration {
	cl := client(kgo.SeedBrokers(bootstrap))
	defer cl.Close()
	var slowest time.Duration
	for end := time.Now().Add(duration); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		request := kmsg.NewPtrMetadataRequest()
		named := kmsg.NewMetadataRequestTopic()
		named.Topic = kmsg.StringPtr(topic)
		request.Topics = append(request.Topics, named)
		start := time.Now()
		_, err := request.RequestWith(context.Background(), cl)
		must(err)
		slowest = max(slowest, time.Since(start))
	}
	return slowest
}
