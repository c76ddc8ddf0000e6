// The modes that measure latency by a client that does not wait to fill a batch: with linger 0 a record leaves at once, in
// a request of its own while fewer than five are on their way.
package main

import (
	"context"
	"encoding/binary"
	"math/rand"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	openLoopWarmUp = 2 * time.Second
	// For a record that does not come.
	patience = 60 * time.Second
)

var began = time.Now()

func now() int64 { return int64(time.Since(began)) }

func eagerClient(bootstrap string, options ...kgo.Opt) *kgo.Client {
	return client(append(options, kgo.SeedBrokers(bootstrap), kgo.ProducerLinger(0), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
}

// filler gives bytes that do not compress.
func filler(size int) []byte {
	bytes := make([]byte, size)
	rand.New(rand.NewSource(1)).Read(bytes)
	return bytes
}

// dueValue gives a value that says when its record was due.
func dueValue(due int64, filler []byte) []byte {
	bytes := slices.Clone(filler)
	binary.LittleEndian.PutUint64(bytes, uint64(due))
	return bytes
}

// readOn calls back with the due time of each record that comes from now on, for ever.
func readOn(bootstrap, topic string, onRecord func(due int64)) {
	cl := client(
		kgo.SeedBrokers(bootstrap), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()),
		kgo.FetchMaxWait(500*time.Millisecond),
	)
	for {
		fetches := cl.PollFetches(context.Background())
		must(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) { onRecord(int64(binary.LittleEndian.Uint64(record.Value))) })
	}
}

func addLatencies(figures map[string]float64, name string, took []int64) {
	slices.Sort(took)
	for label, share := range map[string]float64{"P50Ms": .5, "P99Ms": .99, "P999Ms": .999, "MaxMs": 1} {
		figures[name+label] = float64(took[int(share*float64(len(took)-1))]) / 1e6
	}
}

// sleepUntil halts this thread: the runtime's timers wake up a millisecond late.
func sleepUntil(due int64) {
	for left := due - now(); left > 0; left = due - now() {
		ts := syscall.NsecToTimespec(left)
		syscall.Syscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
}

// oneInFlight produces record after record, the first fifth to warm up; `after` is told when each was due and gives what it took.
func oneInFlight(bootstrap, topic string, records, size int, after func(due int64) int64) []int64 {
	cl, payload := eagerClient(bootstrap), filler(size)
	defer cl.Close()
	var took []int64
	for i := -records / 5; i < records; i++ {
		due := now()
		must(cl.ProduceSync(context.Background(), &kgo.Record{Topic: topic, Value: dueValue(due, payload)}).FirstErr())
		if latency := after(due); i >= 0 {
			took = append(took, latency)
		}
	}
	return took
}

func roundTrip(args []string) map[string]float64 {
	if len(args) != 4 {
		fail("roundtrip BOOTSTRAP TOPIC RECORDS SIZE")
	}
	bootstrap, topic, records, size := args[0], args[1], number(args[2]), number(args[3])
	figures := map[string]float64{}
	addLatencies(figures, "roundTrip", oneInFlight(bootstrap, topic, records, size, func(due int64) int64 { return now() - due }))
	arrived := make(chan int64, 1)
	go readOn(bootstrap, topic, func(due int64) { arrived <- now() - due })
	time.Sleep(openLoopWarmUp) // until the reader waits at the end
	addLatencies(figures, "endToEnd", oneInFlight(bootstrap, topic, records, size, func(int64) int64 {
		select {
		case latency := <-arrived:
			return latency
		case <-time.After(patience):
			fail("a record did not come")
			return 0
		}
	}))
	return figures
}

func openLoop(args []string) map[string]float64 {
	if len(args) != 6 {
		fail("openloop BOOTSTRAP TOPIC PARTITIONS RATE SECONDS SIZE")
	}
	bootstrap, topic := args[0], args[1]
	partitions, rate, seconds, size := number(args[2]), number(args[3]), number(args[4]), number(args[5])
	cl, payload := eagerClient(bootstrap), filler(size)
	step := int64(time.Second) / int64(rate)
	expected := int64(rate * seconds)
	total := int(expected) + int(int64(openLoopWarmUp)/step)
	acks, ends := make([]int64, total), make([]int64, total)
	var ackCount, endCount, measuredFrom atomic.Int64
	measuredFrom.Store(1 << 62)
	go readOn(bootstrap, topic, func(due int64) {
		if due >= measuredFrom.Load() {
			ends[endCount.Add(1)-1] = now() - due
		}
	})
	time.Sleep(openLoopWarmUp) // until the reader waits at the end
	runtime.LockOSThread()
	start := now()
	measuredFrom.Store(start + int64(openLoopWarmUp))
	for i := range total {
		due := start + int64(i)*step
		sleepUntil(due)
		record := &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: dueValue(due, payload)}
		cl.Produce(context.Background(), record, func(_ *kgo.Record, err error) {
			must(err)
			if due >= measuredFrom.Load() {
				acks[ackCount.Add(1)-1] = now() - due
			}
		})
	}
	for until := now() + int64(patience); ackCount.Load() < expected || endCount.Load() < expected; time.Sleep(20 * time.Millisecond) {
		if now() > until {
			fail("records are missing")
		}
	}
	figures := map[string]float64{"records": float64(endCount.Load())}
	addLatencies(figures, "ack", acks[:ackCount.Load()])
	addLatencies(figures, "endToEnd", ends[:endCount.Load()])
	return figures
}
