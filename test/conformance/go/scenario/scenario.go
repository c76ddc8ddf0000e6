// Package scenario holds what the Go client programs share: the command line, the JSON lines, the time limit and the
// common data of the scenarios.
package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrUnsupported is returned by a scenario that the client has no feature for.
var ErrUnsupported = errors.New("unsupported")

// Run is what a scenario is given.
type Run struct {
	Context   context.Context
	Bootstrap string
	Prefix    string
}

// Step is one scenario with its id.
type Step struct {
	ID   string
	Body func(Run) error
}

// Record is what is compared after reading.
type Record struct {
	Partition  int32
	Offset     int64
	Key, Value string
}

// Main runs the phase that the command line names.
func Main(run, verify []Step) {
	bootstrap, phase, prefix := os.Args[1], os.Args[2], os.Args[3]
	wanted := os.Getenv("WALKA_CLIENT_SCENARIOS")
	for _, step := range map[string][]Step{"run": run, "verify": verify}[phase] {
		if wanted != "" && !slices.Contains(strings.Split(wanted, ","), step.ID) {
			continue
		}
		print(step.ID, execute(step, bootstrap, prefix))
	}
}

func execute(step Step, bootstrap, prefix string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 180*time.Second)
	defer cancel()
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("%v", panicked)
		}
	}()
	return step.Body(Run{ctx, bootstrap, prefix})
}

func print(id string, err error) {
	line := map[string]any{"scenario": id, "ok": err == nil}
	if errors.Is(err, ErrUnsupported) {
		line = map[string]any{"scenario": id, "unsupported": err.Error()}
	} else if err != nil {
		line["detail"] = err.Error()
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

// Must panics on an error; the scenario fails with it.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Get gives the value or panics with the error.
func Get[T any](value T, err error) T {
	Must(err)
	return value
}

// Equal panics unless both are deeply equal.
func Equal(what string, actual, expected any) {
	if !reflect.DeepEqual(actual, expected) {
		a, e := fmt.Sprint(actual), fmt.Sprint(expected)
		panic(fmt.Sprintf("%s: got %.300s, expected %.300s", what, a, e))
	}
}

// Eventually polls until probe is true, at most 90 s.
func Eventually(what string, probe func() bool) {
	for deadline := time.Now().Add(90 * time.Second); !probe(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			panic("waited 90 s for: " + what)
		}
	}
}

// CompressibleValues gives count different values of 500 bytes.
func CompressibleValues(count int) []string {
	values := make([]string, count)
	for i := range values {
		values[i] = (strconv.Itoa(i) + ":" + strings.Repeat("walka ", 100))[:500]
	}
	return values
}

// Keyed gives 300 records with 30 keys.
func Keyed() []Record {
	records := make([]Record, 300)
	for i := range records {
		records[i] = Record{Key: "k" + strconv.Itoa(i%30), Value: strconv.Itoa(i)}
	}
	return records
}

// CheckPerKeyOrder panics unless each key came back on one partition and in order.
func CheckPerKeyOrder(read, expected []Record) {
	Equal("the number of records", len(read), len(expected))
	values := func(records []Record) map[string][]string {
		byKey := map[string][]string{}
		for _, record := range records {
			byKey[record.Key] = append(byKey[record.Key], record.Value)
		}
		return byKey
	}
	Equal("records by key", values(read), values(expected))
	partition := map[string]int32{}
	for _, record := range read {
		if p, known := partition[record.Key]; known && p != record.Partition {
			panic("key " + record.Key + " is on two partitions")
		}
		partition[record.Key] = record.Partition
	}
}

// Values gives the values of the records of one partition, or of all for -1.
func Values(records []Record, partition int32) []string {
	values := []string{}
	for _, record := range records {
		if partition < 0 || record.Partition == partition {
			values = append(values, record.Value)
		}
	}
	return values
}

// Numbers gives from, from+step, ... below end, as text.
func Numbers(from, end, step int) []string {
	numbers := []string{}
	for i := from; i < end; i += step {
		numbers = append(numbers, strconv.Itoa(i))
	}
	return numbers
}
