// Package enricher is an enricher in Go: it answers the requests of drainers as Spoor's own does, with the country of the
// file in GEOIP_DB and the device by a few rules. An event that cannot be enriched is rejected alone.
package enricher

import (
	"context"
	"fmt"
	"time"

	"github.com/tinylib/msgp/msgp"

	"spoor.dev/kit"
	"spoor.dev/kit/contract"
	"spoor.dev/kit/record"
)

// Options change the actor. BeforeStore is called with the records that are about to be stored; tests simulate a bug in it.
type Options struct {
	BeforeStore func(values []byte)
}

// Actor is the enricher. Settings: GEOIP_DB, KAFKA_KEY_PARAM.
func Actor(options Options) kit.Actor {
	return kit.Actor{
		Name:    "enricher",
		Summary: "Adds device and country to events and turns them into records.",
		Sends:   "batches of records to a bridge",
		Setup: func(process *kit.Process) (kit.Inbox, error) {
			places, err := openPlaces(process.Settings.Text("GEOIP_DB", ""))
			if err != nil {
				return nil, err
			}
			e := &enricher{process: process, places: places, keyParam: process.Settings.Text("KAFKA_KEY_PARAM", ""), options: options}
			return kit.Enrich(e.enrich), nil
		},
	}
}

type enricher struct {
	process  *kit.Process
	places   *places
	devices  devices
	keyParam string
	options  Options
}

// Offline enriches batches without a process around it, places unknown: for tests. The rejections are those of its receipt.
func Offline(keyParam string) func(batch *contract.RawBatch) (*contract.EnrichedBatch, []contract.Rejection) {
	e := &enricher{places: &places{}, keyParam: keyParam}
	return func(batch *contract.RawBatch) (*contract.EnrichedBatch, []contract.Rejection) {
		enriched, rejected, _ := e.records(batch)
		return enriched, rejected
	}
}

// enrich enriches a batch and has it stored. A batch without events is passed on: it probes the path to the log.
func (e *enricher) enrich(ctx context.Context, batch *contract.RawBatch) (*contract.Receipt, error) {
	enriched, rejected, values := e.records(batch)
	own := &contract.Receipt{BatchName: batch.BatchName, Rejected: rejected}
	e.publishProgress(enriched)
	if len(enriched.Events) == 0 && len(rejected) > 0 {
		return own, nil
	}
	if e.options.BeforeStore != nil {
		e.options.BeforeStore(values)
	}
	receipt, err := e.process.Store(ctx, enriched, "enricher")
	if err != nil {
		return nil, err
	}
	receipt.Merge(own)
	return receipt, nil
}

// records are the finished records of a batch, whose values are parts of one buffer, and the rejections of the others.
func (e *enricher) records(batch *contract.RawBatch) (*contract.EnrichedBatch, []contract.Rejection, []byte) {
	enriched := &contract.EnrichedBatch{BatchName: batch.BatchName, Claimed: batch.Claimed, Enriched: time.Now().UnixMilli(), Traces: batch.Traces}
	enriched.Events = make([]contract.EnrichedEvent, 0, len(batch.Events))
	var rejected []contract.Rejection
	values := make([]byte, 0, 256*len(batch.Events))
	for i := range batch.Events {
		event := &batch.Events[i]
		begin := len(values)
		longer, err := e.append(values, event, batch.Claimed)
		if err != nil {
			rejected = append(rejected, contract.Rejection{
				Index: event.Index, Topic: event.Topic, Stage: "enricher", Reason: "not enriched", Detail: err.Error(),
			})
			continue
		}
		values = longer
		one := contract.EnrichedEvent{Index: event.Index, Topic: event.Topic, Received: record.Received(event), Value: values[begin:len(values):len(values)]}
		one.Key, one.HasKey = e.key(event)
		enriched.Events = append(enriched.Events, one)
	}
	return enriched, rejected, values
}

// append formats the record of one event. Its lag ends at claimed, so that a retry gives the same bytes. A panic concerns
// this event only.
func (e *enricher) append(dst []byte, event *contract.RawEvent, claimed int64) (longer []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v", cause)
		}
	}()
	return record.Append(dst, event, e.devices.of(event.UserAgent), e.places.of(event.IP), claimed), nil
}

// key is the value of KAFKA_KEY_PARAM. An empty one gives no key: all such events would go to one partition.
func (e *enricher) key(event *contract.RawEvent) (string, bool) {
	if e.keyParam == "" {
		return "", false
	}
	value, _ := record.Param(event.Query, e.keyParam)
	return value, value != ""
}

// publishProgress tells observers how many events of each topic were enriched: at most once, never waited for.
func (e *enricher) publishProgress(batch *contract.EnrichedBatch) {
	counts := map[string]int{}
	for i := range batch.Events {
		counts[batch.Events[i].Topic]++
	}
	for topic, count := range counts {
		dst := msgp.AppendMapHeader(nil, 6)
		dst = msgp.AppendInt(msgp.AppendString(dst, "v"), contract.Newest)
		dst = msgp.AppendString(msgp.AppendString(dst, "stage"), "enriched")
		dst = msgp.AppendString(msgp.AppendString(dst, "topic"), topic)
		dst = msgp.AppendString(msgp.AppendString(dst, "batch"), batch.ID)
		dst = msgp.AppendInt64(msgp.AppendString(dst, "at"), batch.Enriched)
		dst = msgp.AppendInt(msgp.AppendString(dst, "count"), count)
		e.process.Bus.Publish("spoor.events.enriched."+topic, dst, contract.Newest)
	}
}
