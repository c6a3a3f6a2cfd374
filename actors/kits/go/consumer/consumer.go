// Package consumer reads the topics of Spoor as a consumer group of its own, one batch of a partition at a time. An offset
// is committed after its records were handled; a batch that fails is handled again until it succeeds.
package consumer

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"spoor.dev/kit"
	"spoor.dev/kit/contract"
)

// Limits of one batch, and pauses between tries.
const (
	maxRecords = 5_000
	firstPause = 50 * time.Millisecond
	maxPause   = 2 * time.Second
	callLimit  = 10 * time.Second
)

// Batch is consecutive records of one partition. End is the offset after the partition's last record.
type Batch struct {
	Topic     string
	Partition int32
	End       int64
	Records   []*kgo.Record
}

// Records is an inbox of the records of KAFKA_TOPIC and KAFKA_TOPICS, read as the group spoor-<name of the actor>; a new
// group starts at the oldest record. Handle may be called for several partitions at the same time. A batch for which it
// fails is handled again after a pause; so handle must be able to get a batch twice (package projection). Its context has
// no deadline and ends when the process ends.
func Records(process *kit.Process, handle func(ctx context.Context, batch Batch) error) (kit.Inbox, error) {
	topics := readTopics(process.Settings)
	brokers, options, err := readClient(process.Settings)
	if err != nil {
		return nil, err
	}
	group := "spoor-" + process.Actor.Name
	r := &reader{process: process, handle: handle, done: make(chan struct{})}
	options = append(options,
		kgo.ClientID("spoor"),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		// The assigner of Spoor's own consumers, so that members in both languages can share a group.
		kgo.Balancers(kgo.RoundRobinBalancer()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(10*time.Second),
		kgo.HeartbeatInterval(time.Second),
		kgo.MetadataMinAge(250*time.Millisecond),
		kgo.MetadataMaxAge(10*time.Second),
		kgo.OnPartitionsRevoked(r.lost),
		kgo.OnPartitionsLost(r.lost),
	)
	if r.client, err = kgo.NewClient(options...); err != nil {
		return nil, contract.Failf(contract.Misconfigured, "The settings of Kafka cannot work: %v.", err)
	}
	r.dependency = process.Require(&kit.Dependency{
		Name: "log", Kind: "kafka", Address: strings.Join(brokers, ","), Check: r.client.Ping,
	})
	return kit.Source("records of the log (group "+group+")", r.open), nil
}

type reader struct {
	process    *kit.Process
	client     *kgo.Client
	dependency *kit.Dependency
	handle     func(context.Context, Batch) error
	done       chan struct{}
}

func (r *reader) lost(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	for topic, list := range partitions {
		for _, partition := range list {
			r.process.Meter.Lost(topic, partition)
		}
	}
}

// open reads until the returned function is called. Then it finishes the batches in hand, commits them and leaves the
// group.
func (r *reader) open(context.Context, *kit.Process) (func(), error) {
	polling, stop := context.WithCancel(context.Background())
	go func() {
		defer close(r.done)
		for polling.Err() == nil {
			r.round(polling)
		}
	}()
	return func() {
		stop()
		<-r.done
		r.client.CloseAllowingRebalance()
	}, nil
}

// round handles what one poll returns: each partition's records as one batch, the partitions side by side.
func (r *reader) round(polling context.Context) {
	fetches := r.client.PollRecords(polling, maxRecords)
	defer r.client.AllowRebalance()
	hasFailed := false
	fetches.EachError(func(topic string, _ int32, err error) {
		if errors.Is(err, context.Canceled) || polling.Err() != nil {
			return
		}
		hasFailed = true
		r.dependency.Failed(errors.New(strings.TrimSpace(topic + " " + err.Error())))
	})
	if hasFailed {
		r.client.AllowRebalance()
		sleep(polling, firstPause*4)
	}
	var handling sync.WaitGroup
	fetches.EachPartition(func(part kgo.FetchTopicPartition) {
		if len(part.Records) == 0 {
			return
		}
		r.dependency.Worked()
		batch := Batch{Topic: part.Topic, Partition: part.Partition, End: part.HighWatermark, Records: part.Records}
		handling.Go(func() { r.untilHandled(polling, batch) })
	})
	handling.Wait()
}

// untilHandled delivers a batch until it succeeds and commits it. While it fails, the group may give the partition to
// another member: the fences make what both of them do count once.
func (r *reader) untilHandled(polling context.Context, batch Batch) {
	last := batch.Records[len(batch.Records)-1]
	weight := kit.Weight{Events: len(batch.Records), Oldest: batch.Records[0].Timestamp.UnixMilli()}
	position := kit.Position{Next: batch.Records[0].Offset, End: max(batch.End, last.Offset+1), Time: batch.Records[0].Timestamp}
	r.process.Meter.ReadUpTo(batch.Topic, batch.Partition, position)
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := r.process.Mailbox.Deliver(context.Background(), weight, func(ctx context.Context) error {
			return r.handle(ctx, batch)
		})
		if err == nil {
			break
		}
		r.process.Log.Debug("a batch of records failed and is handled again", "topic", batch.Topic, "partition", batch.Partition, "cause", err.Error())
		r.client.AllowRebalance()
		if !sleep(polling, pause) {
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	if err := r.client.CommitRecords(ctx, last); err != nil {
		r.process.Log.Debug("an offset was not committed; its records are read again", "topic", batch.Topic, "partition", batch.Partition, "cause", err.Error())
		return
	}
	position.Next, position.Time = last.Offset+1, last.Timestamp
	r.process.Meter.ReadUpTo(batch.Topic, batch.Partition, position)
}

// sleep returns false when ctx has ended.
func sleep(ctx context.Context, pause time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}
