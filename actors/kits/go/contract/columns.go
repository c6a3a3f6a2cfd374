package contract

import (
	"regexp"
	"slices"

	"github.com/tinylib/msgp/msgp"
)

var (
	digestForm = regexp.MustCompile(`^[0-9a-f]{16}$`)
	topicForm  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)
)

func isNamed(name BatchName) bool { return name.ID != "" && digestForm.MatchString(name.Digest) }

func areTopics(topics []string) bool {
	return !slices.ContainsFunc(topics, func(topic string) bool { return !topicForm.MatchString(topic) })
}

// topicList holds each topic of a message once, in the order of first use.
type topicList struct {
	topics []string
	last   int
}

func (t *topicList) place(topic string) int64 {
	if t.last < len(t.topics) && t.topics[t.last] == topic {
		return int64(t.last)
	}
	t.last = slices.Index(t.topics, topic)
	if t.last == -1 {
		t.topics = append(t.topics, topic)
		t.last = len(t.topics) - 1
	}
	return int64(t.last)
}

func (t *topicList) append(dst []byte) []byte {
	return appendTexts(msgp.AppendString(dst, "topics"), t.topics)
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = msgp.AppendArrayHeader(dst, uint32(len(texts)))
	for _, text := range texts {
		dst = msgp.AppendString(dst, text)
	}
	return dst
}

func appendNumbers(dst []byte, numbers []int64) []byte {
	dst = msgp.AppendArrayHeader(msgp.AppendString(dst, "numbers"), uint32(len(numbers)))
	for _, number := range numbers {
		dst = appendInt(dst, number)
	}
	return dst
}

// appendVersion begins a message of `fields` fields, with the field v from format 2 on.
func appendVersion(dst []byte, fields uint32, format int) []byte {
	if format < 2 {
		return msgp.AppendMapHeader(dst, fields)
	}
	return appendNumber(msgp.AppendMapHeader(dst, fields+1), "v", int64(format))
}

func appendBatchName(dst []byte, name BatchName) []byte {
	return appendText(appendText(dst, "id", name.ID), "digest", name.Digest)
}

func (r *reader) traces() []Trace {
	traces := []Trace{}
	for i := r.listLen(); i > 0 && r.err == nil; i-- {
		trace := Trace{}
		r.mapOf(func(key string) bool {
			switch key {
			case "index":
				trace.Index = r.whole()
			case "traceparent":
				trace.Traceparent = r.text()
			default:
				return false
			}
			return true
		})
		traces = append(traces, trace)
	}
	return traces
}

func appendTraces(dst []byte, traces []Trace) []byte {
	if traces == nil {
		return dst
	}
	dst = msgp.AppendArrayHeader(msgp.AppendString(dst, "traces"), uint32(len(traces)))
	for _, trace := range traces {
		dst = msgp.AppendMapHeader(dst, 2)
		dst = appendNumber(dst, "index", int64(trace.Index))
		dst = appendText(dst, "traceparent", trace.Traceparent)
	}
	return dst
}
