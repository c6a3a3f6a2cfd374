// Package contract holds the messages that Spoor's actors exchange, in format 1 (Spoor 0.4.0) and format 2, as
// contracts/README.md describes them. It is pure: no reflection, no I/O, and it never panics on foreign bytes.
package contract

import "slices"

// MaxMessageBytes is the size limit of a message; a larger batch is sent in parts.
const MaxMessageBytes = 512 * 1024

// Newest is the newest format that this package reads and writes. It reads all formats from 1 on.
const Newest = 2

// Header names of requests and replies over NATS.
const (
	HeaderPatience    = "Spoor-Patience"
	HeaderFailure     = "Spoor-Failure"
	HeaderFormat      = "Spoor-Format"
	HeaderInstance    = "Spoor-Instance"
	HeaderTraceparent = "traceparent"
)

// Dialect is the form of the line that an event came in, and of its record.
type Dialect int

// The two dialects.
const (
	Pushtech Dialect = iota
	Adtekio
)

// RawEvent is one parsed line. Its texts hold the bytes of the line, which need not be UTF-8.
type RawEvent struct {
	// Index is the event's place in its batch; the event id is the batch id, "-" and the index.
	Index   int
	Dialect Dialect
	Topic   string
	// TS is when the edge received it, since 1970: milliseconds (Pushtech) or seconds (Adtekio).
	TS int64
	// IP is a valid IPv4 or IPv6 address. Host and Pod are empty in the dialect Adtekio.
	IP, Host, Pod, Path, Query, UserAgent string
}

// Trace is the client's trace of one event.
type Trace struct {
	Index       int
	Traceparent string
}

// BatchName identifies a batch in its receipt. Digest is that of exactly its lines.
type BatchName struct {
	ID     string
	Digest string
}

// RawBatch is what a drainer sends to an enricher. Claimed is in milliseconds since 1970.
type RawBatch struct {
	BatchName
	Claimed int64
	Events  []RawEvent
	Traces  []Trace
}

// EnrichedEvent is one finished record. Value is the record as Kafka stores it; Received is in milliseconds since 1970.
type EnrichedEvent struct {
	Index    int
	Topic    string
	Key      string
	HasKey   bool
	Value    []byte
	Received int64
}

// EnrichedBatch is what an enricher sends to a bridge, and to the steps of an enrichment.
type EnrichedBatch struct {
	BatchName
	Claimed  int64
	Enriched int64
	Events   []EnrichedEvent
	Traces   []Trace
}

// Part returns the batch with some of its events, and only the traces of these.
func (b *EnrichedBatch) Part(events []EnrichedEvent) *EnrichedBatch {
	part := *b
	part.Events = events
	if b.Traces != nil {
		has := make(map[int]bool, len(events))
		for _, event := range events {
			has[event.Index] = true
		}
		part.Traces = slices.DeleteFunc(slices.Clone(b.Traces), func(trace Trace) bool { return !has[trace.Index] })
	}
	return &part
}

// Placement is the position of Count consecutive records in the log, the first at Offset, a decimal number.
type Placement struct {
	Topic     string
	Partition int
	Offset    string
	Count     int
	At        int64
}

// Rejection is the permanent refusal of one event: it becomes a dead letter.
type Rejection struct {
	Index  int
	Topic  string
	Stage  string
	Reason string
	Detail string
}

// Receipt accounts for every event of a batch: stored or rejected.
type Receipt struct {
	BatchName
	Stored     int
	Placements []Placement
	Rejected   []Rejection
}

// Merge adds the events of another receipt for a part of the same batch.
func (r *Receipt) Merge(other *Receipt) {
	r.Stored += other.Stored
	r.Placements = append(r.Placements, other.Placements...)
	r.Rejected = append(r.Rejected, other.Rejected...)
}

// AccountsFor reports whether the receipt covers every event of exactly this batch, each once, with a placement for each
// stored one.
func (r *Receipt) AccountsFor(batch *EnrichedBatch) bool {
	if r.BatchName != batch.BatchName || r.Stored < 0 || r.Stored+len(r.Rejected) != len(batch.Events) {
		return false
	}
	placed := 0
	for _, placement := range r.Placements {
		if placement.Count < 1 || placement.Count > len(batch.Events) {
			return false
		}
		placed += placement.Count
	}
	if placed != r.Stored {
		return false
	}
	if len(r.Rejected) == 0 {
		return true
	}
	open := make(map[int]bool, len(batch.Events))
	for _, event := range batch.Events {
		open[event.Index] = true
	}
	for _, rejection := range r.Rejected {
		if !open[rejection.Index] {
			return false
		}
		delete(open, rejection.Index)
	}
	return true
}

// StepResult is what a step adds to the events of a batch. An event in neither list stays as it is.
type StepResult struct {
	BatchName
	Added  []AddedParams
	Failed []FailedEvent
}

// AddedParams are the parameters for one event, each name once.
type AddedParams struct {
	Index  int
	Params map[string]string
}

// FailedEvent is the step's verdict that this event cannot be processed.
type FailedEvent struct {
	Index   int
	Message string
}
