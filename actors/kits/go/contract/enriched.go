package contract

import (
	"slices"

	"github.com/tinylib/msgp/msgp"
)

const numbersPerEnrichedEvent = 5

// ReadEnrichedBatch decodes an enriched batch of format 1 or 2 and returns its format. It fails with Unreadable or
// TooLarge for other bytes. The values are parts of the payload, which must not change afterwards.
func ReadEnrichedBatch(payload []byte) (*EnrichedBatch, int, error) {
	r := newReader(payload)
	batch := &EnrichedBatch{}
	format := 1
	var topics, keys []string
	var numbers []int64
	var values []byte
	hasValues := false
	r.mapOf(func(key string) bool {
		switch key {
		case "v":
			format = r.version()
		case "id":
			batch.ID = r.text()
		case "digest":
			batch.Digest = r.text()
		case "claimed":
			batch.Claimed = r.integer()
		case "enriched":
			batch.Enriched = r.integer()
		case "topics":
			topics = r.texts()
		case "numbers":
			numbers = r.numbers(numbersPerEnrichedEvent)
		case "keys":
			keys = r.texts()
		case "values":
			values, hasValues = r.bytes(), true
		case "traces":
			batch.Traces = r.traces()
		default:
			return false
		}
		return true
	})
	r.end()
	if r.err == nil && !(hasValues && isNamed(batch.BatchName) && areTopics(topics)) {
		r.fail("the message is not a batch of records")
	}
	if r.err == nil {
		batch.Events = r.enrichedEvents(topics, keys, numbers, values)
	}
	if r.err != nil {
		return nil, format, r.err
	}
	return batch, format, nil
}

func (r *reader) enrichedEvents(topics, keys []string, numbers []int64, values []byte) []EnrichedEvent {
	events := make([]EnrichedEvent, 0, len(numbers)/numbersPerEnrichedEvent)
	for n := numbers; len(n) > 0; n = n[numbersPerEnrichedEvent:] {
		if n[1] >= int64(len(topics)) {
			r.fail("the topic of an event is not in the list of topics")
			return nil
		}
		if n[3] > int64(len(values)) || (n[4] == 1 && len(keys) == 0) {
			r.fail("the lengths of values or keys do not match the numbers of the message")
			return nil
		}
		event := EnrichedEvent{Index: int(n[0]), Topic: topics[n[1]], Received: n[2], Value: values[:n[3]:n[3]]}
		values = values[n[3]:]
		if n[4] == 1 {
			event.Key, event.HasKey, keys = keys[0], true, keys[1:]
		}
		events = append(events, event)
	}
	if len(values) > 0 || len(keys) > 0 {
		r.fail("the lengths of values or keys do not match the numbers of the message")
	}
	return events
}

// AppendEnrichedBatch encodes an enriched batch in format 2. Readers of format 1 read it too: they ignore the field v.
func AppendEnrichedBatch(dst []byte, batch *EnrichedBatch) []byte {
	fields := uint32(8)
	if batch.Traces != nil {
		fields++
	}
	topics := topicList{}
	numbers := make([]int64, 0, len(batch.Events)*numbersPerEnrichedEvent)
	var keys []string
	size := 0
	for i := range batch.Events {
		event := &batch.Events[i]
		hasKey := int64(0)
		if event.HasKey {
			hasKey = 1
			keys = append(keys, event.Key)
		}
		numbers = append(numbers, int64(event.Index), topics.place(event.Topic), event.Received, int64(len(event.Value)), hasKey)
		size += len(event.Value)
	}
	dst = slices.Grow(dst, size+len(numbers)*6+512)
	dst = appendVersion(dst, fields, Newest)
	dst = appendBatchName(dst, batch.BatchName)
	dst = appendNumber(dst, "claimed", batch.Claimed)
	dst = appendNumber(dst, "enriched", batch.Enriched)
	dst = topics.append(dst)
	dst = appendNumbers(dst, numbers)
	dst = appendTexts(msgp.AppendString(dst, "keys"), keys)
	dst = msgp.AppendBytesHeader(msgp.AppendString(dst, "values"), uint32(size))
	for i := range batch.Events {
		dst = append(dst, batch.Events[i].Value...)
	}
	return appendTraces(dst, batch.Traces)
}
