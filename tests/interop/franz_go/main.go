// franz-go: with every codec what produced.sh reads, consuming by assignment, and fetch sessions over 100 partitions.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var (
	suite     = os.Getenv("SUITE")
	bootstrap = os.Getenv("BOOTSTRAP")
	prefix    = os.Getenv("PREFIX")
	base      = startTime()
)

func startTime() time.Time {
	millis, err := strconv.ParseInt(os.Getenv("BASE"), 10, 64)
	if err != nil {
		panic(err)
	}
	return time.UnixMilli(millis)
}

var codecs = []struct {
	name  string
	codec kgo.CompressionCodec
}{
	{"none", kgo.NoCompression()}, {"gzip", kgo.GzipCompression()}, {"snappy", kgo.SnappyCompression()},
	{"lz4", kgo.Lz4Compression()}, {"zstd", kgo.ZstdCompression()},
}

func check(name string, expected, got any) {
	if reflect.DeepEqual(expected, got) {
		fmt.Printf("ok %s: %s\n", suite, name)
		return
	}
	fmt.Printf("FAILED %s: %s\n   expected: %.600s\n   got:      %.600s\n", suite, name, fmt.Sprint(expected), fmt.Sprint(got))
}

func client(options ...kgo.Opt) *kgo.Client {
	cl, err := kgo.NewClient(append(options, kgo.SeedBrokers(bootstrap))...)
	if err != nil {
		panic(err)
	}
	return cl
}

func createTopic(ctx context.Context, cl *kgo.Client, name string, partitions int32) error {
	request := kmsg.NewPtrCreateTopicsRequest()
	request.TimeoutMillis = 10000
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(response.Topics[0].ErrorCode)
}

func records(topic string) []*kgo.Record {
	header := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
	list := []*kgo.Record{
		{Key: []byte("k1"), Value: []byte("one"), Headers: []kgo.RecordHeader{header("a", "1"), header("b", "2"), header("a", "3")}},
		{Key: []byte("k2"), Value: []byte("two")},
		{Value: []byte("three")},
		{Key: []byte("k4")},
	}
	for i := 1; i <= 500; i++ {
		list = append(list, &kgo.Record{Key: []byte("many"), Value: []byte(fmt.Sprint(i))})
	}
	for i, record := range list {
		record.Topic, record.Timestamp = topic, base.Add(time.Duration(i)*time.Millisecond)
	}
	return list
}

func produceAll(ctx context.Context) {
	for _, c := range codecs {
		topic := prefix + "-" + c.name
		cl := client(kgo.ProducerBatchCompression(c.codec), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(50*time.Millisecond))
		check("create a topic for "+c.name, error(nil), createTopic(ctx, cl, topic, 1))
		results := cl.ProduceSync(ctx, records(topic)...)
		check("produce with "+c.name, error(nil), results.FirstErr())
		var expected, got []int64
		for i, result := range results {
			expected, got = append(expected, int64(i)), append(got, result.Record.Offset)
		}
		check("offsets given with "+c.name, expected, got)
		cl.Close()
	}
}

// poll reads until count records came or the context ends.
func poll(ctx context.Context, cl *kgo.Client, count int) (read []*kgo.Record, failed error) {
	for len(read) < count && ctx.Err() == nil {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return read, err
		}
		read = append(read, fetches.Records()...)
	}
	return read, nil
}

func consumeByAssignment(ctx context.Context) {
	for _, c := range codecs {
		topic := prefix + "-" + c.name
		cl := client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
		read, err := poll(ctx, cl, 504)
		check("consume what was sent with "+c.name+": no error", error(nil), err)
		describe := func(list []*kgo.Record) (lines []string) {
			for _, r := range list {
				lines = append(lines, fmt.Sprintf("%d %s=%s (%t) %v", r.Timestamp.UnixMilli(), r.Key, r.Value, r.Value == nil, r.Headers))
			}
			return lines
		}
		check("consume what was sent with "+c.name, describe(records(topic)), describe(read))
		cl.Close()
	}
	topic := prefix + "-zstd"
	cl := client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AfterMilli(base.UnixMilli() + 250)}}))
	read, err := poll(ctx, cl, 254)
	check("consume from a timestamp on: no error", error(nil), err)
	if len(read) > 0 {
		check("consume from a timestamp on", int64(250), read[0].Offset)
	}
	cl.Close()
}

// fetchSizes notes the size of each Fetch request: in a session one that changes nothing names no partition.
type fetchSizes struct {
	mu    sync.Mutex
	sizes []int
}

func (f *fetchSizes) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, size int, _, _ time.Duration, _ error) {
	if key == 1 {
		f.mu.Lock()
		f.sizes = append(f.sizes, size)
		f.mu.Unlock()
	}
}

func sessions(ctx context.Context) {
	const partitions = 100
	topic := prefix + "-sessions"
	producer := client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic(topic))
	check("create a topic of 100 partitions", error(nil), createTopic(ctx, producer, topic, partitions))
	assigned := map[int32]kgo.Offset{}
	for p := int32(0); p < partitions; p++ {
		assigned[p] = kgo.NewOffset().AtStart()
	}
	sizes := &fetchSizes{}
	consumer := client(kgo.WithHooks(sizes), kgo.FetchMaxWait(200*time.Millisecond), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: assigned}))

	// All partitions, then every third, then one, then all again: a session must tell exactly what is new.
	sent := map[string]bool{}
	rounds := []func(p int32) bool{
		func(int32) bool { return true }, func(p int32) bool { return p%3 == 0 },
		func(p int32) bool { return p == 42 }, func(int32) bool { return true },
	}
	got := map[string]bool{}
	count := 0
	for round, takesPart := range rounds {
		var batch []*kgo.Record
		for p := int32(0); p < partitions; p++ {
			if takesPart(p) {
				value := fmt.Sprintf("round %d partition %d", round, p)
				sent[value] = true
				batch = append(batch, &kgo.Record{Partition: p, Value: []byte(value)})
			}
		}
		check(fmt.Sprintf("round %d: produce to %d partitions", round, len(batch)), error(nil), producer.ProduceSync(ctx, batch...).FirstErr())
		read, err := poll(ctx, consumer, len(batch))
		check(fmt.Sprintf("round %d: no fetch error", round), error(nil), err)
		for _, record := range read {
			got[string(record.Value)] = true
		}
		count += len(read)
		// A few fetches that find nothing.
		idle, cancel := context.WithTimeout(ctx, 700*time.Millisecond)
		count += len(consumer.PollFetches(idle).Records())
		cancel()
	}
	check("each record of 100 partitions came", sent, got)
	check("no record came twice", len(sent), count)
	sizes.mu.Lock()
	largest, smallest := 0, 1<<30
	for _, size := range sizes.sizes {
		largest, smallest = max(largest, size), min(smallest, size)
	}
	sizes.mu.Unlock()
	check(fmt.Sprintf("a session is used (the largest fetch request has %d bytes, the smallest %d)", largest, smallest), true, largest > 2000 && smallest < 200)
	consumer.Close()
	producer.Close()
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	produceAll(ctx)
	consumeByAssignment(ctx)
	sessions(ctx)
}
