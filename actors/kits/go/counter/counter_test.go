package counter

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"spoor.dev/kit"
	"spoor.dev/kit/projection"
	"spoor.dev/kit/record"
)

const meta = "type=Desktop&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=1&klag=1&country=XX&city=XX"

// The wanted ids are those of actors/counter/fence-id.ts for the same records.
func TestTheFenceOfAClientsOwnIDIsThatOfSpoor(t *testing.T) {
	for _, one := range []struct{ value, settings, wanted string }{
		{"buy " + meta + " idempotency_key=k1&a=\xff%20b&visitor=1", "VISITOR_ID=daily", "0668c6862c9a9ef719a516536c2f3e7e-0"},
		{"gr%C3%BCn " + meta + " idempotency_key=k1&visitor=1&tp=2", "TRACE_PARAM=tp", "3e7faec35ef1ad86e55d408f5714bb6a-0"},
		{"/t/click bot_name&country=US&ip=1 id=7", "EVENT_ID_PARAM=id", "eed3f110b80c625ed445db4610ae3196-0"},
		{"buy " + meta + " score=5&score_class=x&seg=2&scores=3&idempotency_key=k1&a=1", "ENRICH_STEPS=score:required, seg:50ms", "0a06ba7929c8c83878d4c581f27cbe25-0"},
		{"buy " + meta + " idempotency_key=&a=1", "", "batch-0"},
		{"not a record", "", "batch-0"},
	} {
		settings := kit.NewSettings(func(name string) string {
			key, value, _ := strings.Cut(one.settings, "=")
			if key == name {
				return value
			}
			return ""
		})
		c := &counting{written: readWritten(settings), rule: func(record.Record) []projection.Increment { return nil }}
		headers := []kgo.RecordHeader{{Key: "v", Value: []byte("1")}, {Key: "id", Value: []byte("batch-0")}}
		if found := c.effectOf(&kgo.Record{Value: []byte(one.value), Headers: headers, Offset: 3}); found.ID != one.wanted || found.Offset != 3 {
			t.Errorf("%s: %+v, wanted %s", one.value, found, one.wanted)
		}
	}
}

func TestLongKeysAreCut(t *testing.T) {
	for key, wanted := range map[string]string{
		"short": "short", strings.Repeat("x", 201): strings.Repeat("x", 200), strings.Repeat("é", 200): strings.Repeat("é", 200),
		strings.Repeat("😀", 101): strings.Repeat("😀", 100),
	} {
		if found := shortKey(key); found != wanted {
			t.Errorf("%d bytes became %d", len(key), len(found))
		}
	}
}
