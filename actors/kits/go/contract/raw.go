package contract

import (
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

const numbersPerRawEvent = 10

// ReadRawBatch decodes a raw batch of format 1 or 2 and returns its format. It fails with Unreadable or TooLarge for
// other bytes. The events keep no reference to the payload.
func ReadRawBatch(payload []byte) (*RawBatch, int, error) {
	r := newReader(payload)
	batch := &RawBatch{}
	format := 1
	var topics []string
	var numbers []int64
	var texts string
	textsFormat := 0
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
		case "topics":
			topics = r.texts()
		case "numbers":
			numbers = r.numbers(numbersPerRawEvent)
		case "texts":
			texts, textsFormat = r.rawTexts()
		case "traces":
			batch.Traces = r.traces()
		default:
			return false
		}
		return true
	})
	r.end()
	if r.err == nil && !(textsFormat == format && isNamed(batch.BatchName) && areTopics(topics)) {
		r.fail("the message is not a batch of raw events")
	}
	if r.err == nil {
		batch.Events = r.rawEvents(topics, numbers, texts)
	}
	if r.err != nil {
		return nil, format, r.err
	}
	return batch, format, nil
}

// rawTexts reads bin (format 2), or a text with one character (U+0000 to U+00FF) per byte (format 1).
func (r *reader) rawTexts() (texts string, format int) {
	if msgp.NextType(r.rest) == msgp.BinType {
		return string(r.bytes()), 2
	}
	text := take(r, msgp.ReadStringZC)
	bytes := make([]byte, 0, len(text))
	for len(text) > 0 {
		char, size := utf8.DecodeRune(text)
		if char > 0xff || (char == utf8.RuneError && size == 1) {
			r.fail("the texts of the message are not one character per byte")
			return "", 1
		}
		bytes = append(bytes, byte(char))
		text = text[size:]
	}
	return string(bytes), 1
}

func (r *reader) rawEvents(topics []string, numbers []int64, texts string) []RawEvent {
	events := make([]RawEvent, 0, len(numbers)/numbersPerRawEvent)
	left := texts
	cut := func(length int64) string {
		if length > int64(len(left)) {
			r.fail("the lengths of texts do not match the numbers of the message")
			return ""
		}
		text := left[:length]
		left = left[length:]
		return text
	}
	for n := numbers; len(n) > 0 && r.err == nil; n = n[numbersPerRawEvent:] {
		if n[2] >= int64(len(topics)) {
			r.fail("the topic of an event is not in the list of topics")
			break
		}
		event := RawEvent{Index: int(n[0]), Topic: topics[n[2]], TS: n[3]}
		if n[1] == 1 {
			event.Dialect = Adtekio
		}
		event.IP, event.Host, event.Pod = cut(n[4]), cut(n[5]), cut(n[6])
		event.Path, event.Query, event.UserAgent = cut(n[7]), cut(n[8]), cut(n[9])
		events = append(events, event)
	}
	if r.err == nil && left != "" {
		r.fail("the lengths of texts do not match the numbers of the message")
	}
	return events
}

// AppendRawBatch encodes a raw batch in a format, as a drainer does; enrichers need it in tests only.
func AppendRawBatch(dst []byte, batch *RawBatch, format int) []byte {
	fields := uint32(6)
	if batch.Traces != nil {
		fields++
	}
	dst = appendVersion(dst, fields, format)
	dst = appendBatchName(dst, batch.BatchName)
	dst = appendNumber(dst, "claimed", batch.Claimed)
	topics := topicList{}
	numbers := make([]int64, 0, len(batch.Events)*numbersPerRawEvent)
	var texts []byte
	for _, event := range batch.Events {
		numbers = append(numbers, int64(event.Index), int64(event.Dialect), topics.place(event.Topic), event.TS)
		for _, text := range []string{event.IP, event.Host, event.Pod, event.Path, event.Query, event.UserAgent} {
			numbers = append(numbers, int64(len(text)))
			texts = append(texts, text...)
		}
	}
	dst = topics.append(dst)
	dst = appendNumbers(dst, numbers)
	dst = msgp.AppendString(dst, "texts")
	if format >= 2 {
		dst = msgp.AppendBytes(dst, texts)
	} else {
		latin := make([]rune, len(texts))
		for i, one := range texts {
			latin[i] = rune(one)
		}
		dst = msgp.AppendString(dst, string(latin))
	}
	return appendTraces(dst, batch.Traces)
}
