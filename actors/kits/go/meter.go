package kit

import (
	"maps"
	"sync"
	"time"

	"spoor.dev/kit/contract"
)

// Outcomes of events in spoor_actor_events_total. Failed: this actor failed; refused: an actor or system downstream did,
// or the mailbox was full.
const (
	received  = "received"
	succeeded = "succeeded"
	failed    = "failed"
	refused   = "refused"
)

// durationBounds are the upper bounds of the buckets of a message's duration, seconds.
var durationBounds = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// lagHeld: how long the age of the last message counts as the lag after it.
const lagHeld = 15 * time.Second

type series struct{ outcome, reason string }

// Meter keeps the figures of one actor: those of its metrics, and those of $SRV.STATS. It lives as long as the process.
type Meter struct {
	mu        sync.Mutex
	events    map[series]int64
	buckets   []int64
	messages  int64
	busy      time.Duration
	lastError string
	lastAge   time.Duration
	lastAt    time.Time
	hasAge    bool
	since     map[int64]int
	behind    map[place]Position
}

type place struct {
	topic     string
	partition int32
}

// Position is how far a reader of the log is in one partition. Next is the offset of the next record that it handles,
// End the offset after the last record; Time is that of the oldest record that is not handled.
type Position struct {
	Next, End int64
	Time      time.Time
}

func newMeter() *Meter {
	m := &Meter{events: map[series]int64{}, buckets: make([]int64, len(durationBounds)+1), since: map[int64]int{}}
	m.Declare(received, "")
	m.Declare(succeeded, "")
	for _, reason := range contract.Reasons {
		m.Declare(outcomeOf(&contract.Failure{Reason: reason}), string(reason))
	}
	m.Declare(refused, "interrupted")
	return m
}

func outcomeOf(failure *contract.Failure) string {
	if failure.Infrastructure() {
		return refused
	}
	return failed
}

// Declare exports the series of an outcome and reason from 0 on.
func (m *Meter) Declare(outcome, reason string) { m.Count(outcome, reason, 0) }

// Count adds events to an outcome. Call it once per message, not per event.
func (m *Meter) Count(outcome, reason string, events int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[series{outcome, reason}] += int64(events)
}

func (m *Meter) arrived(weight Weight) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[series{received, ""}] += int64(weight.Events)
	if weight.Oldest > 0 {
		m.since[weight.Oldest]++
	}
}

func (m *Meter) refusedFull(weight Weight) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[series{received, ""}] += int64(weight.Events)
	m.events[series{refused, string(contract.Busy)}] += int64(weight.Events)
	m.lastError = string(contract.Busy)
}

func (m *Meter) settled(weight Weight, took time.Duration, err error) {
	one := series{succeeded, ""}
	if err != nil {
		failure := contract.AsFailure(err)
		one = series{outcomeOf(failure), string(failure.Reason)}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[one] += int64(weight.Events)
	if err != nil {
		m.lastError = one.reason
	}
	m.messages++
	m.busy += took
	at := 0
	for at < len(durationBounds) && took.Seconds() > durationBounds[at] {
		at++
	}
	m.buckets[at]++
	m.lastAt = time.Now()
	if weight.Oldest > 0 {
		m.lastAge, m.hasAge = m.lastAt.Sub(time.UnixMilli(weight.Oldest)), true
		if m.since[weight.Oldest]--; m.since[weight.Oldest] < 1 {
			delete(m.since, weight.Oldest)
		}
	}
}

// ReadUpTo records how far the actor has read a partition.
func (m *Meter) ReadUpTo(topic string, partition int32, position Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind == nil {
		m.behind = map[place]Position{}
	}
	m.behind[place{topic, partition}] = position
}

// Lost records that the actor owns a partition no longer.
func (m *Meter) Lost(topic string, partition int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind != nil {
		m.behind[place{topic, partition}] = Position{}
	}
}

// totals are the figures of the meter at one moment.
type totals struct {
	events    map[series]int64
	buckets   []int64
	messages  int64
	busy      time.Duration
	lastError string
	lag       time.Duration
	lastAge   time.Duration
	lastAt    time.Time
	hasAge    bool
	behind    map[place]Position
}

func (m *Meter) totals(now time.Time) totals {
	m.mu.Lock()
	defer m.mu.Unlock()
	lag := time.Duration(0)
	if now.Sub(m.lastAt) < lagHeld {
		lag = m.lastAge
	}
	for oldest := range m.since {
		lag = max(lag, now.Sub(time.UnixMilli(oldest)))
	}
	return totals{
		events: maps.Clone(m.events), buckets: append([]int64(nil), m.buckets...), messages: m.messages, busy: m.busy,
		lastError: m.lastError, lag: max(lag, 0), lastAge: m.lastAge, lastAt: m.lastAt, hasAge: m.hasAge,
		behind: maps.Clone(m.behind),
	}
}
