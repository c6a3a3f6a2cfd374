package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/internal/servers"
)

// running is an actor that a test runs in its own process.
type running struct {
	t    *testing.T
	stop context.CancelFunc
	done chan error
	out  *lockedBuffer
	ops  string
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(text)
}

func (b *lockedBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

func settingsOf(values map[string]string) *Settings {
	return NewSettings(func(name string) string { return values[name] })
}

// run starts an actor and returns when it is up.
func run(t *testing.T, actor Actor, values map[string]string) *running {
	t.Helper()
	all := map[string]string{"OPS_PORT": "0", "DRAIN_DELAY": "10ms", "LOG_LEVEL": "debug"}
	for name, value := range values {
		all[name] = value
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: t, stop: stop, done: make(chan error, 1), out: &lockedBuffer{}}
	go func() { r.done <- Run(ctx, actor, settingsOf(all), r.out) }()
	t.Cleanup(func() { stop() })
	servers.Eventually(t, "the actor is up", func() bool {
		select {
		case err := <-r.done:
			t.Fatalf("ended before it was up: %v", err)
		default:
		}
		_, rest, found := strings.Cut(r.out.text(), `"health":"`)
		r.ops, _, _ = strings.Cut(rest, "/health/ready")
		return found
	})
	return r
}

func (r *running) ended() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(20 * time.Second):
		r.t.Fatal("the actor did not end")
		return nil
	}
}

func (r *running) get(path string) (int, string) {
	r.t.Helper()
	response, err := http.Get(r.ops + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func connect(t *testing.T, server *servers.Server) *nats.Conn {
	t.Helper()
	connection, err := nats.Connect("nats://" + server.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	return connection
}

// enriching is an actor that answers raw batches by handle.
func enriching(handle func(context.Context, *contract.RawBatch) (*contract.Receipt, error)) Actor {
	return Actor{Name: "enricher", Summary: "Tests.", Sends: "nothing", Setup: func(*Process) (Inbox, error) { return Enrich(handle), nil }}
}

func stored(_ context.Context, batch *contract.RawBatch) (*contract.Receipt, error) {
	receipt := &contract.Receipt{BatchName: batch.BatchName, Stored: len(batch.Events)}
	receipt.Placements = []contract.Placement{{Topic: "t", Offset: "0", Count: len(batch.Events), At: 1}}
	return receipt, nil
}

var name = contract.BatchName{ID: "01a1fb8bbec97cb7a986b924b7858cf5", Digest: "0123456789abcdef"}

func rawBatch(query string) *contract.RawBatch {
	event := contract.RawEvent{Topic: "t", TS: 1795206900000, IP: "1.2.3.4", Host: "h", Pod: "p", Path: "/t/a", Query: query, UserAgent: "ua"}
	return &contract.RawBatch{BatchName: name, Claimed: time.Now().UnixMilli(), Events: []contract.RawEvent{event}}
}

// ask sends a batch and returns the reply, its receipt or failure.
func ask(t *testing.T, connection *nats.Conn, batch *contract.RawBatch, format int, patience string) (*nats.Msg, *contract.Receipt, error) {
	t.Helper()
	subject := map[int]string{1: "spoor.enrich", 2: "spoor.enrich.2"}[format]
	message := nats.NewMsg(subject)
	message.Data = contract.AppendRawBatch(nil, batch, format)
	message.Header.Set(contract.HeaderPatience, patience)
	reply, err := connection.RequestMsg(message, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := contract.ReadReply(reply.Data)
	return reply, receipt, err
}

func reasonOf(err error) contract.Reason {
	if err == nil {
		return "none"
	}
	return contract.AsFailure(err).Reason
}

func TestBothFormatsAreServed(t *testing.T) {
	server := servers.NATS(t)
	run(t, enriching(stored), map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	for format := 1; format <= 2; format++ {
		reply, receipt, err := ask(t, connection, rawBatch("a=\xff\x00"), format, "5000")
		if err != nil || receipt.BatchName != name || receipt.Stored != 1 {
			t.Fatalf("format %d: %v %v", format, receipt, err)
		}
		wanted := map[int]string{1: "", 2: "2"}[format]
		if reply.Header.Get(contract.HeaderFormat) != wanted || len(reply.Header.Get(contract.HeaderInstance)) != 32 {
			t.Fatalf("format %d: headers %v", format, reply.Header)
		}
	}
}

func TestLogLinesHaveEachKeyOnce(t *testing.T) {
	server := servers.NATS(t)
	actor := run(t, enriching(stored), map[string]string{"NATS_URL": server.Address})
	for line := range strings.Lines(actor.out.text()) {
		if decode[map[string]any](t, []byte(line)); strings.Count(line, `"actor":`) != 1 || !strings.HasPrefix(line, `{"timestamp":"20`) {
			t.Fatal(line)
		}
	}
}

func TestAnUnreadableRequestIsAnsweredAndHarmsNoOther(t *testing.T) {
	server := servers.NATS(t)
	run(t, enriching(stored), map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	reply, err := connection.Request("spoor.enrich.2", []byte("garbage"), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contract.ReadReply(reply.Data); reasonOf(err) != contract.Unreadable {
		t.Fatal(err)
	}
	if _, _, err := ask(t, connection, rawBatch("a=1"), 2, "5000"); err != nil {
		t.Fatal(err)
	}
}

func TestAPanicIsAnsweredAsCrashedAndHarmsNoOther(t *testing.T) {
	server := servers.NATS(t)
	actor := run(t, enriching(func(ctx context.Context, batch *contract.RawBatch) (*contract.Receipt, error) {
		if batch.Events[0].Query == "panic" {
			panic("a mistake")
		}
		return stored(ctx, batch)
	}), map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	if _, _, err := ask(t, connection, rawBatch("panic"), 2, "5000"); reasonOf(err) != contract.Crashed || err.Error() != "a mistake" {
		t.Fatal(err)
	}
	if _, _, err := ask(t, connection, rawBatch("a=1"), 2, "5000"); err != nil {
		t.Fatal(err)
	}
	_, metrics := actor.get("/metrics")
	for _, line := range []string{
		`spoor_actor_events_total{actor="enricher",outcome="failed",reason="crashed"} 1`,
		`spoor_actor_events_total{actor="enricher",outcome="received"} 2`,
		`spoor_actor_events_total{actor="enricher",outcome="succeeded"} 1`,
		`spoor_actor_message_duration_seconds_count{actor="enricher"} 2`,
		`spoor_actor_mailbox_capacity{actor="enricher"} 80`,
		`spoor_dependency_up{dependency="bus"} 1`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no %s in\n%s", line, metrics)
		}
	}
	if !strings.Contains(actor.out.text(), `"level":"ERROR","message":"the actor crashed on a message","actor":"enricher","cause":"a mistake"`) {
		t.Fatal(actor.out.text())
	}
}

func TestAFullMailboxAnswersBusyAndAnExpiredMessageIsNotBegun(t *testing.T) {
	server := servers.NATS(t)
	begun, proceed := make(chan string, 10), make(chan struct{})
	actor := enriching(func(ctx context.Context, batch *contract.RawBatch) (*contract.Receipt, error) {
		begun <- batch.Events[0].Query
		<-proceed
		return stored(ctx, batch)
	})
	actor.Concurrency, actor.Waiting = 1, 1
	run(t, actor, map[string]string{"NATS_URL": server.Address})
	connection := connect(t, server)
	results := make(chan error, 3)
	send := func(query, patience string) {
		go func() {
			_, _, err := ask(t, connection, rawBatch(query), 2, patience)
			results <- err
		}()
	}
	send("first", "9000")
	if query := <-begun; query != "first" {
		t.Fatal(query)
	}
	// One of them waits until its deadline, the other finds the mailbox full.
	send("second", "300")
	send("third", "300")
	if reasons := []contract.Reason{reasonOf(<-results), reasonOf(<-results)}; !slices.Contains(reasons, contract.Busy) || !slices.Contains(reasons, contract.Expired) {
		t.Fatal(reasons)
	}
	close(proceed)
	if err := <-results; err != nil || len(begun) > 0 {
		t.Fatal(err, len(begun))
	}
}

func TestTheDeadlineReachesTheHandler(t *testing.T) {
	server := servers.NATS(t)
	run(t, enriching(func(ctx context.Context, batch *contract.RawBatch) (*contract.Receipt, error) {
		deadline, _ := ctx.Deadline()
		if left := time.Until(deadline); left > 700*time.Millisecond || left < 0 {
			t.Errorf("%v left of 700 ms", left)
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}), map[string]string{"NATS_URL": server.Address})
	if _, _, err := ask(t, connect(t, server), rawBatch("a=1"), 2, "700"); reasonOf(err) != contract.Timeout {
		t.Fatal(err)
	}
}

func TestADrainFinishesWhatIsInFlight(t *testing.T) {
	server := servers.NATS(t)
	begun, proceed := make(chan struct{}, 1), make(chan struct{})
	actor := run(t, enriching(func(ctx context.Context, batch *contract.RawBatch) (*contract.Receipt, error) {
		begun <- struct{}{}
		<-proceed
		return stored(ctx, batch)
	}), map[string]string{"NATS_URL": server.Address, "DRAIN_DELAY": "200ms"})
	connection := connect(t, server)
	if code, body := actor.get("/health/ready"); code != 200 || !strings.Contains(body, `"status":"ready"`) {
		t.Fatal(code, body)
	}
	result := make(chan error, 1)
	go func() {
		_, _, err := ask(t, connection, rawBatch("a=1"), 2, "9000")
		result <- err
	}()
	<-begun
	actor.stop()
	servers.Eventually(t, "it is not ready", func() bool {
		code, body := actor.get("/health/ready")
		return code == 503 && strings.Contains(body, `"enricher":"stopping"`)
	})
	if code, _ := actor.get("/health/live"); code != 200 {
		t.Fatal("it is not live while it drains")
	}
	servers.Eventually(t, "it takes nothing more", func() bool {
		_, err := connection.Request("spoor.enrich.2", nil, time.Second)
		return err == nats.ErrNoResponders
	})
	close(proceed)
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if err := actor.ended(); err != nil {
		t.Fatal(err)
	}
}

func TestADrainEndsInTime(t *testing.T) {
	server := servers.NATS(t)
	begun, never := make(chan struct{}, 1), make(chan struct{})
	actor := run(t, enriching(func(context.Context, *contract.RawBatch) (*contract.Receipt, error) {
		begun <- struct{}{}
		<-never
		return nil, nil
	}), map[string]string{"NATS_URL": server.Address, "DRAIN_TIMEOUT": "300ms"})
	connection := connect(t, server)
	if err := connection.PublishRequest("spoor.enrich.2", "reply", contract.AppendRawBatch(nil, rawBatch("a=1"), 2)); err != nil {
		t.Fatal(err)
	}
	<-begun
	actor.stop()
	if err := actor.ended(); err == nil || !strings.Contains(err.Error(), "1 messages were still in flight") {
		t.Fatal(err)
	}
	close(never)
}

func TestAHungHandlerMakesTheProcessNotLive(t *testing.T) {
	mailbox := newMailbox(2, 0, newMeter(), newLogger(io.Discard, settingsOf(nil)))
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	begun, proceed, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- mailbox.Deliver(ctx, Weight{}, func(context.Context) error {
			close(begun)
			<-proceed
			return nil
		})
	}()
	<-begun
	now := time.Now()
	if mailbox.hung(now.Add(hangGrace)) || !mailbox.hung(now.Add(time.Second+hangGrace+time.Millisecond)) {
		t.Fatal("a handler counts as hung one hangGrace after its deadline")
	}
	process := &Process{Mailbox: mailbox}
	for _, wanted := range []int{200, 503} {
		response := &recorded{header: http.Header{}}
		process.answerLive(response)
		if response.code != wanted {
			t.Fatal(response.code)
		}
		for id := range mailbox.overdueAt {
			mailbox.overdueAt[id] = now.Add(-time.Second)
		}
	}
	close(proceed)
	if err := <-done; err != nil || mailbox.hung(now.Add(time.Hour)) {
		t.Fatal(err)
	}
}

type recorded struct {
	header http.Header
	code   int
}

func (r *recorded) Header() http.Header            { return r.header }
func (r *recorded) WriteHeader(code int)           { r.code = code }
func (r *recorded) Write(body []byte) (int, error) { return len(body), nil }
func decode[A any](t *testing.T, body []byte) (a A) {
	t.Helper()
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatal(err)
	}
	return a
}
