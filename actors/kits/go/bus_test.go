package kit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/internal/servers"
)

func TestItIsRegisteredAsAMicroService(t *testing.T) {
	server := servers.NATS(t)
	actor := run(t, enriching(stored), map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	if _, _, err := ask(t, connection, rawBatch("a=1"), 2, "5000"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"PING", "INFO", "STATS"} {
		reply, err := connection.Request("$SRV."+kind+".enricher", nil, 5*time.Second)
		if err != nil {
			t.Fatal(kind, err)
		}
		stats := decode[serviceStats](t, reply.Data)
		if stats.Type != "io.nats.micro.v1."+strings.ToLower(kind)+"_response" || stats.Name != "enricher" || len(stats.ID) != 32 {
			t.Fatal(kind, stats.identity)
		}
		if stats.Metadata["ops"] != actor.ops || stats.Metadata["receives"] != "requests on spoor.enrich and spoor.enrich.2 (group enrich)" {
			t.Fatal(kind, stats.Metadata)
		}
		if kind == "PING" {
			continue
		}
		if len(stats.Endpoints) != 2 || stats.Endpoints[0].Metadata["formats"] == "" || stats.Endpoints[1].Subject != "spoor.enrich.2" {
			t.Fatal(kind, stats.Endpoints)
		}
		if kind == "STATS" {
			data := stats.Endpoints[0].Data
			if stats.Endpoints[0].Requests != 1 || data["events"].(map[string]any)["succeeded"] != 1.0 || data["capacity"] != 80.0 || data["state"] != "up" {
				t.Fatal(stats.Endpoints[0])
			}
		}
	}
}

func TestRepliesAreSigned(t *testing.T) {
	server := servers.NATS(t)
	run(t, enriching(stored), map[string]string{"NATS_URL": server.Address, "BUS_SECRET": "shared"})
	payload := contract.AppendRawBatch(nil, rawBatch("a=1"), 2)
	reply, err := connect(t, server).Request("spoor.enrich.2", payload, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(payload)
	mac := hmac.New(sha256.New, []byte("shared"))
	mac.Write(append(append([]byte("spoor.enrich.2\x00"), digest[:]...), reply.Data[32:]...))
	if !hmac.Equal(mac.Sum(nil), reply.Data[:32]) {
		t.Fatal("the signature is wrong")
	}
	if _, err := contract.ReadReply(reply.Data[32:]); err != nil {
		t.Fatal(err)
	}
}

// storing is an actor that passes each raw event on to a bridge as a record of the given size.
func storing(size int) Actor {
	return Actor{Name: "enricher", Summary: "Tests.", Setup: func(process *Process) (Inbox, error) {
		return Enrich(func(ctx context.Context, batch *contract.RawBatch) (*contract.Receipt, error) {
			enriched := &contract.EnrichedBatch{BatchName: batch.BatchName, Claimed: batch.Claimed}
			for i := range 3 {
				enriched.Events = append(enriched.Events, contract.EnrichedEvent{Index: i, Topic: "t", Value: make([]byte, size)})
			}
			return process.Store(ctx, enriched, "enricher")
		}), nil
	}}
}

// bridge answers spoor.store; it counts the events of each request.
func bridge(t *testing.T, connection *nats.Conn, answer func(batch *contract.EnrichedBatch, message *nats.Msg) []byte) {
	t.Helper()
	_, err := connection.QueueSubscribe("spoor.store", "store", func(message *nats.Msg) {
		batch, _, err := contract.ReadEnrichedBatch(message.Data)
		if err != nil {
			t.Error(err)
		}
		if reply := answer(batch, message); reply != nil {
			_ = message.RespondMsg(&nats.Msg{Header: nats.Header{contract.HeaderInstance: {"b1"}}, Data: reply})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Flush()
}

func receiptFor(batch *contract.EnrichedBatch, _ *nats.Msg) []byte {
	receipt := &contract.Receipt{BatchName: batch.BatchName, Stored: len(batch.Events)}
	receipt.Placements = []contract.Placement{{Topic: "t", Offset: "7", Count: len(batch.Events), At: 1}}
	return contract.AppendReceipt(nil, receipt, 2)
}

func TestATooLargeBatchIsStoredInPartsWithShrinkingDeadlines(t *testing.T) {
	server := servers.NATS(t)
	run(t, storing(200*1024), map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	sizes, patience := make(chan int, 10), make(chan string, 10)
	bridge(t, connection, func(batch *contract.EnrichedBatch, message *nats.Msg) []byte {
		sizes <- len(batch.Events)
		patience <- message.Header.Get(contract.HeaderPatience)
		return receiptFor(batch, message)
	})
	_, receipt, err := ask(t, connection, rawBatch("a=1"), 2, "3000")
	if err != nil || receipt.Stored != 3 || len(receipt.Placements) != 2 || <-sizes != 1 || <-sizes != 2 {
		t.Fatal(receipt, err)
	}
	for range 2 {
		if one := <-patience; len(one) != 4 || one > "2800" {
			t.Fatalf("the bridge gets %s ms of 3000", one)
		}
	}
}

func TestAnEventTooLargeForAnyMessageIsRejected(t *testing.T) {
	server := servers.NATS(t)
	run(t, storing(600*1024), map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	bridge(t, connection, receiptFor)
	_, receipt, err := ask(t, connection, rawBatch("a=1"), 2, "3000")
	if err != nil || len(receipt.Rejected) != 3 || receipt.Rejected[0].Reason != "too large" || receipt.Rejected[0].Stage != "enricher" {
		t.Fatal(receipt, err)
	}
}

func TestFailuresOfTheBridgeKeepTheirReasons(t *testing.T) {
	server := servers.NATS(t)
	run(t, storing(10), map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	if _, _, err := ask(t, connection, rawBatch("a=1"), 2, "3000"); reasonOf(err) != contract.NoResponders {
		t.Fatal(err)
	}
	var answer atomic.Value
	bridge(t, connection, func(batch *contract.EnrichedBatch, message *nats.Msg) []byte {
		return answer.Load().(func(*contract.EnrichedBatch, *nats.Msg) []byte)(batch, message)
	})
	const unusable = "the reply of instance b1 on spoor.store is unusable: "
	cases := []struct {
		reason  contract.Reason
		message string
		answer  func(*contract.EnrichedBatch, *nats.Msg) []byte
	}{
		{contract.Busy, "full", func(*contract.EnrichedBatch, *nats.Msg) []byte {
			return contract.AppendFailure(nil, contract.Failf(contract.Busy, "full"), 2)
		}},
		{contract.Busy, "full", func(_ *contract.EnrichedBatch, message *nats.Msg) []byte {
			_ = message.RespondMsg(&nats.Msg{Header: nats.Header{contract.HeaderFailure: {"busy"}}, Data: []byte("full")})
			return nil
		}},
		{contract.NoAnswer, "no reply", func(*contract.EnrichedBatch, *nats.Msg) []byte { return nil }},
		{contract.Unreadable, unusable, func(*contract.EnrichedBatch, *nats.Msg) []byte { return []byte("garbage") }},
		{contract.Unreadable, unusable + "the receipt of ", func(batch *contract.EnrichedBatch, message *nats.Msg) []byte {
			other := *batch
			other.Digest = "ffffffffffffffff"
			return receiptFor(&other, message)
		}},
	}
	for _, one := range cases {
		answer.Store(one.answer)
		if _, _, err := ask(t, connection, rawBatch("a=1"), 2, "700"); reasonOf(err) != one.reason || !strings.HasPrefix(err.Error(), one.message) {
			t.Errorf("found %v (%s), wanted %s", err, reasonOf(err), one.reason)
		}
	}
}

func TestItServesAgainAfterNATSWasAway(t *testing.T) {
	server := servers.NATS(t)
	server.Kill()
	actor := run(t, enriching(stored), map[string]string{"NATS_URL": server.Address})
	if code, _ := actor.get("/health/ready"); code != 503 {
		t.Fatal("it is ready without NATS")
	}
	for range 2 {
		server.Start()
		servers.Eventually(t, "it is ready", func() bool { code, _ := actor.get("/health/ready"); return code == 200 })
		connection := connect(t, server)
		servers.Eventually(t, "it answers", func() bool {
			_, err := connection.Request("$SRV.PING.enricher", nil, time.Second)
			return err == nil
		})
		if _, _, err := ask(t, connection, rawBatch("a=1"), 1, "5000"); err != nil {
			t.Fatal(err)
		}
		connection.Close()
		server.Kill()
		servers.Eventually(t, "it is not ready", func() bool { code, _ := actor.get("/health/ready"); return code == 503 })
	}
}

func TestAnActorOfTheSameNameOnOtherSubjectsIsRefused(t *testing.T) {
	server := servers.NATS(t)
	run(t, enriching(stored), map[string]string{"NATS_URL": server.Address})
	run(t, enriching(stored), map[string]string{"NATS_URL": server.Address})
	step := Actor{Name: "enricher", Summary: "Tests.", Setup: func(*Process) (Inbox, error) {
		return Step("score", func(context.Context, Event) (Params, error) { return nil, nil }), nil
	}}
	err := Run(context.Background(), step, settingsOf(map[string]string{"NATS_URL": server.Address, "OPS_PORT": "0"}), &lockedBuffer{})
	if reasonOf(err) != contract.Misconfigured || !strings.Contains(err.Error(), "give this one another name") {
		t.Fatal(err)
	}
}
