// The load generator's counterpart on franz-go, for loads that librdkafka does not make: its producers put the batches of
// all partitions into one request, so requests grow with the partitions. One mode a call, one JSON line as the answer.
// Built by bench/load-generator.ts.
//
//	franz produce   BOOTSTRAP TOPIC PARTITIONS PRODUCERS SIZE SECONDS [DIRECTORY]
//	franz roundtrip BOOTSTRAP TOPIC RECORDS SIZE                   one record in flight, then the same with a reader
//	franz openloop  BOOTSTRAP TOPIC PARTITIONS RATE SECONDS SIZE   records by the clock, read at the same time
//
// produce: that many clients, each idempotent with acks=all and without compression, send records of SIZE bytes to all
// partitions in turn for SECONDS after a second of warming up. Before that it leaves free memory behind that was in use a
// moment ago, by way of a file in DIRECTORY (see bench/touched-pages.ts, which would come too early). It tells its own CPU time, too: with many producers it is
// most of what is used.
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
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	warmUp = time.Second
	// Heap of a process that produces, all of it in memory from the start.
	heldBytes = 4 << 30
	// Some more than a run writes.
	touchedBytes = 4 << 30
)

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

// holdMemory takes what a run needs and keeps it: else a load of many producers, whose requests are some 10 MB each,
// measures how fast the machine gives out pages.
func holdMemory() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heldBytes)
	held := make([]byte, heldBytes*3/4)
	for at := 0; at < len(held); at += os.Getpagesize() {
		held[at] = 1
	}
	runtime.KeepAlive(held)
	runtime.GC()
}

func touchPages(directory string) {
	file, err := os.CreateTemp(directory, "walka-bench-pages-")
	must(err)
	defer os.Remove(file.Name())
	block := make([]byte, 1<<20)
	for range touchedBytes / len(block) {
		_, err = file.Write(block)
		must(err)
	}
	must(file.Sync())
	must(file.Close())
}

// cpuSeconds gives the user and system time of this process.
func cpuSeconds() float64 {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

func produce(args []string) map[string]float64 {
	if len(args) != 6 && len(args) != 7 {
		fail("produce BOOTSTRAP TOPIC PARTITIONS PRODUCERS SIZE SECONDS [DIRECTORY]")
	}
	bootstrap, topic := args[0], args[1]
	partitions, producers, size, seconds := number(args[2]), number(args[3]), number(args[4]), number(args[5])
	value := make([]byte, size)
	rand.New(rand.NewSource(1)).Read(value)

	holdMemory()
	if len(args) == 7 {
		touchPages(args[6])
	}
	cpuBefore := cpuSeconds()
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
	time.Sleep(time.Duration(seconds) * time.Second)
	elapsed, bytes := time.Since(start).Seconds(), acknowledged.Load()-before
	stop()
	wait.Wait()
	return map[string]float64{
		"timedBytes": float64(bytes), "bytes": float64(acknowledged.Load()), "seconds": elapsed,
		"cpuSeconds": cpuSeconds() - cpuBefore, "failures": float64(failures.Load()),
	}
}
