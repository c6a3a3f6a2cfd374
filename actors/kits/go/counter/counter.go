// Package counter makes consumers that count: each event once, however often it was stored or read, because counts and
// fences change in one atomic write. The tables are shown by Spoor's viewer and by `bun run counters`.
package counter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"
	"github.com/twmb/franz-go/pkg/kgo"

	"spoor.dev/kit"
	"spoor.dev/kit/consumer"
	"spoor.dev/kit/contract"
	"spoor.dev/kit/projection"
	"spoor.dev/kit/record"
)

// maxKeyChars limits the length of a stored key, in UTF-16 code units as in Spoor's own counters; keys come from clients.
const maxKeyChars = 200

// Rule says what one event adds to which tables. It is called for each event.
type Rule func(event record.Record) []projection.Increment

// New makes a counting actor. Its tables are in the projection of its name.
//
//	kit.Main(counter.New("country-counter", "Counts events by country.", func(event record.Record) []projection.Increment {
//		return []projection.Increment{{Table: "by-country", Key: event.MetaValue("country"), By: 1}}
//	}))
func New(name, summary string, rule Rule) kit.Actor {
	return kit.Actor{
		Name: name, Summary: summary, Sends: "counts to the projection " + name, Concurrency: 4, Waiting: 16,
		Setup: func(process *kit.Process) (kit.Inbox, error) {
			store, err := projection.Open(process)
			if err != nil {
				return nil, err
			}
			c := &counting{process: process, store: store, rule: rule, written: readWritten(process.Settings)}
			process.Meter.Declare("repeated", "seen before")
			return consumer.Records(process, c.count)
		},
	}
}

type counting struct {
	process *kit.Process
	store   *projection.Store
	rule    Rule
	written written
}

func (c *counting) count(ctx context.Context, batch consumer.Batch) error {
	effects := make([]projection.Effect, 0, len(batch.Records))
	for _, one := range batch.Records {
		effects = append(effects, c.effectOf(one))
	}
	applied, err := c.store.Apply(ctx, c.process.Actor.Name, projection.Batch{
		Topic: batch.Topic, Partition: batch.Partition, End: batch.End, Effects: effects,
	})
	if err != nil {
		return err
	}
	c.process.Meter.Count("repeated", "seen before", int(applied.Reread+applied.Duplicates))
	c.publishProgress(batch)
	return nil
}

// effectOf is the effect of one record. An unreadable record counts nothing, but moves the fence.
func (c *counting) effectOf(one *kgo.Record) projection.Effect {
	effect := projection.Effect{Offset: one.Offset}
	for _, header := range one.Headers {
		if header.Key == "id" {
			effect.ID = string(header.Value)
		}
	}
	event, ok := record.Parse(string(one.Value))
	if !ok {
		return effect
	}
	if id := c.written.clientFence(event); id != "" {
		effect.ID = id
	}
	effect.Increments = c.rule(event)
	for i := range effect.Increments {
		effect.Increments[i].Key = shortKey(effect.Increments[i].Key)
	}
	return effect
}

func shortKey(key string) string {
	if len(key) <= maxKeyChars {
		return key
	}
	units := 0
	for at, char := range key {
		units++
		if char > 0xffff {
			units++
		}
		if units > maxKeyChars {
			return key[:at]
		}
	}
	return key
}

// publishProgress tells observers that a batch was counted: at most once, and only over NATS.
func (c *counting) publishProgress(batch consumer.Batch) {
	if c.process.Bus == nil {
		return
	}
	first, last := batch.Records[0].Offset, batch.Records[len(batch.Records)-1].Offset
	dst := msgp.AppendMapHeader(nil, 8)
	dst = msgp.AppendInt(msgp.AppendString(dst, "v"), contract.Newest)
	dst = msgp.AppendString(msgp.AppendString(dst, "by"), c.process.Actor.Name)
	dst = msgp.AppendString(msgp.AppendString(dst, "topic"), batch.Topic)
	dst = msgp.AppendInt(msgp.AppendString(dst, "partition"), int(batch.Partition))
	dst = msgp.AppendString(msgp.AppendString(dst, "first"), strconv.FormatInt(first, 10))
	dst = msgp.AppendString(msgp.AppendString(dst, "next"), strconv.FormatInt(last+1, 10))
	dst = msgp.AppendInt(msgp.AppendString(dst, "count"), len(batch.Records))
	dst = msgp.AppendInt64(msgp.AppendString(dst, "at"), time.Now().UnixMilli())
	c.process.Bus.Publish("spoor.events.consumed."+batch.Topic, dst, contract.Newest)
}

// written is what the gateway and the enricher write into an event beside what the client sent.
type written struct {
	idParam string
	added   []string
	steps   []string
}

// readWritten reads EVENT_ID_PARAM, VISITOR_ID, TRACE_PARAM and ENRICH_STEPS: the same for all actors.
func readWritten(settings *kit.Settings) written {
	w := written{idParam: settings.Text("EVENT_ID_PARAM", "idempotency_key")}
	if visitor := settings.Text("VISITOR_ID", "off"); visitor != "off" {
		w.added = append(w.added, "visitor", "visitor_before")
	}
	if trace := settings.Text("TRACE_PARAM", ""); trace != "" {
		w.added = append(w.added, trace)
	}
	for step := range strings.SplitSeq(settings.Text("ENRICH_STEPS", ""), ",") {
		if name, _, _ := strings.Cut(step, ":"); strings.TrimSpace(name) != "" {
			w.steps = append(w.steps, strings.TrimSpace(name))
		}
	}
	return w
}

// isAdded reports whether a parameter of that name is not the client's, so that it may differ when the event comes again.
func (w written) isAdded(name string) bool {
	return slices.Contains(w.added, name) || slices.ContainsFunc(w.steps, func(step string) bool {
		return name == step || strings.HasPrefix(name, step+"_")
	})
}

// clientFence is an id derived from the client's own id of an event, which a client that sends the event again repeats;
// "" without one. It is that of actors/counter/fence-id.ts.
func (w written) clientFence(event record.Record) string {
	if given, has := event.Param(w.idParam); !has || given == "" {
		return ""
	}
	params := record.WithoutParams(event.Params, w.isAdded)
	latin := make([]rune, len(params))
	for i := range len(params) {
		latin[i] = rune(params[i])
	}
	hash := sha256.Sum256([]byte(event.EncodedType() + " " + string(latin)))
	return hex.EncodeToString(hash[:16]) + "-0"
}
