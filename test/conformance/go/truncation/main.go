// A franz-go consumer that a test leads through the loss of an unsynced tail: see truncation.conformance.ts.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	. "walka.conformance/scenario"
)

func produce(ctx context.Context, bootstrap, topic, prefix string, count int) {
	client := Get(kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.DefaultProduceTopic(topic)))
	defer client.Close()
	for i := range count {
		Must(client.ProduceSync(ctx, kgo.StringRecord(fmt.Sprintf("%s-%d", prefix, i))).FirstErr())
	}
}

// kept are records that came along with the notice of a loss.
var kept []*kgo.Record

// read takes count records and names the first: "offset:value".
func read(ctx context.Context, consumer *kgo.Client, count int) string {
	first := ""
	for seen := 0; seen < count; {
		records := kept
		if kept = nil; len(records) == 0 {
			fetches := consumer.PollRecords(ctx, count-seen)
			Must(fetches.Err())
			records = fetches.Records()
		}
		for _, record := range records {
			if seen++; first == "" {
				first = fmt.Sprintf("%d:%s", record.Offset, record.Value)
			}
		}
	}
	return first
}

// notice polls until the client says that records it has read are gone: where it was, and where it goes on.
func notice(ctx context.Context, consumer *kgo.Client) string {
	for {
		fetches := consumer.PollFetches(ctx)
		Must(ctx.Err())
		for _, failed := range fetches.Errors() {
			var loss *kgo.ErrDataLoss
			if errors.As(failed.Err, &loss) {
				kept = fetches.Records()
				return fmt.Sprintf("%d to %d", loss.ConsumedTo, loss.ResetTo)
			}
		}
		for _, record := range fetches.Records() {
			panic(fmt.Sprintf("read %s at %d before noticing anything", record.Value, record.Offset))
		}
	}
}

func main() {
	bootstrap, topic := os.Args[1], os.Args[2]
	ctx, cancel := context.WithTimeout(context.Background(), 180*time.Second)
	defer cancel()
	consumer := Get(kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.FetchMaxWait(100*time.Millisecond),
		kgo.MetadataMinAge(50*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}})))
	admin := kadm.NewClient(consumer)
	Must(Get(admin.CreateTopic(ctx, 1, 1, nil, topic)).Err)
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var verb, prefix string
		var count int
		fmt.Sscan(lines.Text(), &verb, &count, &prefix)
		switch verb {
		case "produce":
			produce(ctx, bootstrap, topic, prefix, count)
			fmt.Println("produced")
		case "read":
			fmt.Println("first", read(ctx, consumer, count))
		case "notice":
			fmt.Println("truncated", notice(ctx, consumer))
		}
	}
}
