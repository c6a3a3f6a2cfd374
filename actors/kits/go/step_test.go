package kit

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/internal/servers"
)

func recordOf(query string) []byte {
	return []byte("app_open type=Desktop&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=1&klag=1&country=XX&city=XX " + query)
}

func TestAStepAnswersForEachEvent(t *testing.T) {
	server := servers.NATS(t)
	actor := run(t, Actor{Name: "score", Summary: "Tests.", Setup: func(*Process) (Inbox, error) {
		return Step("score", func(_ context.Context, event Event) (Params, error) {
			switch kind, _ := event.Param("do"); kind {
			case "panic":
				panic("a mistake")
			case "fail":
				return nil, errors.New("no model for this event")
			case "outage":
				return nil, contract.Failf(contract.Unavailable, "the database is away")
			case "nothing":
				return nil, nil
			case "stranger":
				return Params{"item": "7"}, nil
			case "much":
				return Params{"score": strings.Repeat("x", 9000)}, nil
			}
			return Params{"score": "0.5", "score_kind": event.Type()}, nil
		}), nil
	}}, map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	send := func(values ...[]byte) map[string]any {
		batch := &contract.EnrichedBatch{BatchName: name, Claimed: 1, Enriched: 2}
		for i, value := range values {
			batch.Events = append(batch.Events, contract.EnrichedEvent{Index: 10 * i, Topic: "t", Value: value})
		}
		reply, err := connection.Request("spoor.step.score", contract.AppendEnrichedBatch(nil, batch), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		value, _, err := msgp.ReadIntfBytes(reply.Data)
		if err != nil || reply.Header.Get(contract.HeaderFormat) != "2" {
			t.Fatal(err, reply.Header)
		}
		return value.(map[string]any)
	}
	step := send(recordOf("a=1"), recordOf("do=fail"), recordOf("do=nothing"), recordOf("do=much"), []byte("garbage"), recordOf("do=panic"), recordOf("do=panic"))["step"].(map[string]any)
	added, failed := step["added"].([]any), step["failed"].([]any)
	if step["id"] != name.ID || step["digest"] != name.Digest || len(added) != 1 || len(failed) != 5 {
		t.Fatal(step)
	}
	params := added[0].(map[string]any)["params"].(map[string]any)
	if params["score"] != "0.5" || params["score_kind"] != "app_open" || failed[0].(map[string]any)["message"] != "no model for this event" {
		t.Fatal(step)
	}
	if failed[3].(map[string]any)["message"] != "panic: a mistake" || strings.Count(actor.out.text(), "the step failed on an event") != 1 {
		t.Fatal(failed[3], actor.out.text())
	}
	if failure := send(recordOf("a=1"), recordOf("do=outage"))["failure"].(map[string]any); failure["reason"] != "unavailable" || failure["message"] != "the database is away" {
		t.Fatal(failure)
	}
	if failure := send(recordOf("do=stranger"))["failure"].(map[string]any); failure["reason"] != "unavailable" || !strings.Contains(failure["message"].(string), "it may add score") {
		t.Fatal(failure)
	}
	if step := send()["step"].(map[string]any); len(step["added"].([]any)) != 0 {
		t.Fatal(step)
	}
}
