package contract

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// vectors is the folder of the golden vectors that all languages read.
const vectors = "../../../../contracts/vectors"

type vector struct {
	Message, Case, JSON, Bytes, Events, Failure string
	Format                                      int
}

type index struct {
	Vectors, Invalid []vector
	Receipts         string
}

func fileOf(t *testing.T, name string) []byte {
	t.Helper()
	contents, err := os.ReadFile(filepath.Join(vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

func jsonOf[A any](t *testing.T, name string) (value A) {
	t.Helper()
	if err := json.Unmarshal(fileOf(t, name), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// ofMessages runs a test for each vector of these messages.
func ofMessages(t *testing.T, test func(t *testing.T, one vector, payload []byte), messages ...string) {
	found := 0
	for _, one := range jsonOf[index](t, "index.json").Vectors {
		for _, message := range messages {
			if one.Message == message {
				found++
				t.Run(one.JSON, func(t *testing.T) { test(t, one, fileOf(t, one.Bytes)) })
			}
		}
	}
	if found == 0 {
		t.Fatalf("no vectors of %v", messages)
	}
}

// asJSON is a MessagePack value in the form of the vectors' JSON files.
func asJSON(t *testing.T, payload []byte) any {
	t.Helper()
	value, rest, err := msgp.ReadIntfBytes(payload)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%v, %d bytes left", err, len(rest))
	}
	text, err := json.Marshal(withBase64(value))
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

func withBase64(value any) any {
	switch value := value.(type) {
	case []byte:
		return map[string]any{"base64": base64.StdEncoding.EncodeToString(value)}
	case []any:
		for i := range value {
			value[i] = withBase64(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = withBase64(value[key])
		}
	}
	return value
}

func equal(t *testing.T, found, wanted any) {
	t.Helper()
	if !reflect.DeepEqual(found, wanted) {
		t.Fatalf("found  %#v\nwanted %#v", found, wanted)
	}
}

type bytesOf struct{ Base64 []byte }

func TestRawBatchesAreRead(t *testing.T) {
	type event struct {
		Index                                 int
		Dialect, Topic                        string
		TS                                    int64
		IP, Host, Pod, Path, Query, UserAgent bytesOf
	}
	ofMessages(t, func(t *testing.T, one vector, payload []byte) {
		batch, format, err := ReadRawBatch(payload)
		if err != nil || format != one.Format {
			t.Fatal(format, err)
		}
		for i, wanted := range jsonOf[[]event](t, one.Events) {
			dialect := map[string]Dialect{"pushtech": Pushtech, "adtekio": Adtekio}[wanted.Dialect]
			equal(t, batch.Events[i], RawEvent{
				Index: wanted.Index, Dialect: dialect, Topic: wanted.Topic, TS: wanted.TS,
				IP: string(wanted.IP.Base64), Host: string(wanted.Host.Base64), Pod: string(wanted.Pod.Base64),
				Path: string(wanted.Path.Base64), Query: string(wanted.Query.Base64), UserAgent: string(wanted.UserAgent.Base64),
			})
		}
		equal(t, len(batch.Events), len(jsonOf[[]event](t, one.Events)))
		equal(t, asJSON(t, AppendRawBatch(nil, batch, format)), jsonOf[any](t, one.JSON))
		if one.Case == "compact" {
			equal(t, AppendRawBatch(nil, batch, format), payload)
		}
	}, "raw-batch")
}

func TestEnrichedBatchesAreReadAndWritten(t *testing.T) {
	type event struct {
		Index    int
		Topic    string
		Key      *string
		Value    bytesOf
		Received int64
	}
	ofMessages(t, func(t *testing.T, one vector, payload []byte) {
		batch, format, err := ReadEnrichedBatch(payload)
		if err != nil || format != one.Format {
			t.Fatal(format, err)
		}
		if one.Events != "" {
			events := jsonOf[[]event](t, one.Events)
			equal(t, len(batch.Events), len(events))
			for i, wanted := range events {
				found := batch.Events[i]
				equal(t, []any{found.Index, found.Topic, found.Received, string(found.Value)}, []any{wanted.Index, wanted.Topic, wanted.Received, string(wanted.Value.Base64)})
				if found.HasKey != (wanted.Key != nil) || found.HasKey && found.Key != *wanted.Key {
					t.Fatalf("key %q", found.Key)
				}
			}
		}
		wanted := jsonOf[map[string]any](t, one.JSON)
		wanted["v"] = 2.0
		written := AppendEnrichedBatch(nil, batch)
		equal(t, asJSON(t, written), any(wanted))
		if one.Case == "compact" && one.Format == 2 {
			equal(t, written, payload)
		}
	}, "enriched-batch", "step-request")
}

func TestRepliesAreReadAndWritten(t *testing.T) {
	ofMessages(t, func(t *testing.T, one vector, payload []byte) {
		receipt, err := ReadReply(payload)
		written := []byte{}
		if err == nil {
			written = AppendReceipt(nil, receipt, one.Format)
		} else {
			failure := AsFailure(err)
			failure.isNewer = one.Case == "failure-newer-format"
			written = AppendFailure(nil, failure, one.Format)
		}
		equal(t, asJSON(t, written), jsonOf[any](t, one.JSON))
		if one.Case == "compact" {
			equal(t, written, payload)
		}
	}, "reply")
}

func TestStepRepliesAreWritten(t *testing.T) {
	type reply struct {
		Step *struct {
			ID, Digest string
			Added      []AddedParams
			Failed     []FailedEvent
		}
		Failure *Failure
		Formats []int
	}
	ofMessages(t, func(t *testing.T, one vector, payload []byte) {
		wanted := jsonOf[reply](t, one.JSON)
		var written []byte
		if wanted.Step != nil {
			written = AppendStepResult(nil, &StepResult{BatchName{wanted.Step.ID, wanted.Step.Digest}, wanted.Step.Added, wanted.Step.Failed})
		} else {
			wanted.Failure.isNewer = wanted.Formats != nil
			written = AppendFailure(nil, wanted.Failure, one.Format)
		}
		equal(t, asJSON(t, written), asJSON(t, payload))
	}, "step-reply")
}

func TestInvalidMessagesAreRefused(t *testing.T) {
	for _, one := range jsonOf[index](t, "index.json").Invalid {
		payload := fileOf(t, one.Bytes)
		var err error
		switch one.Message {
		case "raw-batch":
			_, _, err = ReadRawBatch(payload)
		case "enriched-batch", "step-request":
			_, _, err = ReadEnrichedBatch(payload)
		case "reply":
			_, err = ReadReply(payload)
		default:
			continue
		}
		t.Run(one.Bytes, func(t *testing.T) {
			if err == nil || string(AsFailure(err).Reason) != one.Failure {
				t.Fatalf("found %v, wanted %s", err, one.Failure)
			}
			equal(t, AsFailure(err).isNewer, one.Case == "newer-format")
		})
	}
}

func TestReceiptsAccountForTheirBatch(t *testing.T) {
	type receipts struct {
		Request struct {
			ID, Digest string
			Indices    []int
		}
		Receipts []struct {
			About   string
			IsValid bool
			Receipt struct {
				ID, Digest string
				Stored     int
				Placements []Placement
				Rejected   []Rejection
			}
		}
	}
	all := jsonOf[receipts](t, jsonOf[index](t, "index.json").Receipts)
	batch := &EnrichedBatch{BatchName: BatchName{all.Request.ID, all.Request.Digest}}
	for _, index := range all.Request.Indices {
		batch.Events = append(batch.Events, EnrichedEvent{Index: index})
	}
	for _, one := range all.Receipts {
		t.Run(one.About, func(t *testing.T) {
			receipt := &Receipt{BatchName{one.Receipt.ID, one.Receipt.Digest}, one.Receipt.Stored, one.Receipt.Placements, one.Receipt.Rejected}
			equal(t, receipt.AccountsFor(batch), one.IsValid)
		})
	}
}

func FuzzForeignBytes(f *testing.F) {
	f.Add([]byte{})
	f.Add(AppendRawBatch(nil, &RawBatch{BatchName: BatchName{"a", "0123456789abcdef"}, Events: []RawEvent{{Topic: "t", IP: "1.2.3.4"}}}, 2))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if batch, format, err := ReadRawBatch(payload); err == nil {
			again, _, err := ReadRawBatch(AppendRawBatch(nil, batch, format))
			if err != nil || !reflect.DeepEqual(again, batch) {
				t.Fatalf("%v: %#v became %#v", err, batch, again)
			}
		}
		_, _, _ = ReadEnrichedBatch(payload)
		_, _ = ReadReply(payload)
	})
}
