package kit

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"spoor.dev/kit/contract"
)

type traceKey struct{}

// Endpoint is a subject that an actor serves, as $SRV.INFO shows it. Formats are those that it reads, like "1,2"; Schema
// and ReplySchema are the addresses of the schemas of its request and reply.
type Endpoint struct {
	Name, Subject, Queue         string
	Formats, Schema, ReplySchema string
}

// conversation is an inbox of requests of one kind: how they are read, handled and answered.
type conversation[Request any] struct {
	endpoints []Endpoint
	read      func(payload []byte) (Request, int, error)
	weigh     func(Request) Weight
	// answer handles a request and returns the reply in the format of the request.
	answer func(ctx context.Context, request Request, format int, log *slog.Logger) ([]byte, error)
	// problem is a sentence about an inbox that cannot be opened; "" for none.
	problem string
}

var stepForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// Enrich is an inbox of raw batches, in both formats. Each gets one reply: the handler's receipt, or its failure. A
// handler's error that is no *contract.Failure, and a panic, are answered as crashed. ctx ends at the deadline.
func Enrich(handle func(ctx context.Context, batch *contract.RawBatch) (*contract.Receipt, error)) Inbox {
	return &conversation[*contract.RawBatch]{
		endpoints: []Endpoint{
			{Name: "messages", Subject: "spoor.enrich", Queue: "enrich", Formats: "1,2", Schema: "/contracts/raw-batch.2.json", ReplySchema: "/contracts/reply.2.json"},
			{Name: "messages-2", Subject: "spoor.enrich.2", Queue: "enrich", Formats: "1,2", Schema: "/contracts/raw-batch.2.json", ReplySchema: "/contracts/reply.2.json"},
		},
		read: contract.ReadRawBatch,
		weigh: func(batch *contract.RawBatch) Weight {
			return Weight{Events: len(batch.Events), Oldest: batch.Claimed}
		},
		answer: func(ctx context.Context, batch *contract.RawBatch, format int, _ *slog.Logger) ([]byte, error) {
			receipt, err := handle(ctx, batch)
			if err != nil {
				return nil, err
			}
			return contract.AppendReceipt(nil, receipt, format), nil
		},
	}
}

// StepBatches is an inbox of a step of the enrichment: finished batches on spoor.step.<name>. The result repeats the name
// of the batch. Its errors and panics concern the whole batch. Use Step for a function of one event.
func StepBatches(name string, handle func(ctx context.Context, batch *contract.EnrichedBatch) (*contract.StepResult, error)) Inbox {
	return stepInbox(name, func(ctx context.Context, batch *contract.EnrichedBatch, _ *slog.Logger) (*contract.StepResult, error) {
		return handle(ctx, batch)
	})
}

func stepInbox(name string, handle func(context.Context, *contract.EnrichedBatch, *slog.Logger) (*contract.StepResult, error)) Inbox {
	problem := ""
	if !stepForm.MatchString(name) {
		problem = fmt.Sprintf("%q is not a name of a step: use lower-case letters, digits and _.", name)
	}
	return &conversation[*contract.EnrichedBatch]{
		problem: problem,
		endpoints: []Endpoint{{
			Name: "messages", Subject: "spoor.step." + name, Queue: "step-" + name, Formats: "2",
			Schema: "/contracts/step-request.2.json", ReplySchema: "/contracts/step-reply.2.json",
		}},
		read: contract.ReadEnrichedBatch,
		weigh: func(batch *contract.EnrichedBatch) Weight {
			return Weight{Events: len(batch.Events), Oldest: batch.Claimed}
		},
		answer: func(ctx context.Context, batch *contract.EnrichedBatch, _ int, log *slog.Logger) ([]byte, error) {
			result, err := handle(ctx, batch, log)
			if err != nil {
				return nil, err
			}
			return contract.AppendStepResult(nil, result), nil
		},
	}
}

func (c *conversation[Request]) describe() string {
	subjects := make([]string, len(c.endpoints))
	for i, endpoint := range c.endpoints {
		subjects[i] = endpoint.Subject
	}
	return fmt.Sprintf("requests on %s (group %s)", strings.Join(subjects, " and "), c.endpoints[0].Queue)
}

func (c *conversation[Request]) served() []Endpoint { return c.endpoints }

func (c *conversation[Request]) open(_ context.Context, process *Process) (stop func(), err error) {
	if c.problem != "" {
		return nil, contract.Failf(contract.Misconfigured, "%s", c.problem)
	}
	if process.Bus == nil {
		return nil, contract.Failf(contract.Misconfigured, "NATS_URL is not set: %s answers requests over NATS, so name its servers, for example nats://127.0.0.1:4222.", process.Actor.Name)
	}
	if len(process.Bus.secret) == 0 {
		process.Log.Info("BUS_SECRET is not set: replies between actors are not signed. Set it to the same value for all actors.")
	}
	var closed sync.WaitGroup
	var subscriptions []*nats.Subscription
	for _, endpoint := range c.endpoints {
		subscription, err := process.Bus.connection.QueueSubscribe(endpoint.Subject, endpoint.Queue, func(message *nats.Msg) {
			c.receive(process, message)
		})
		if err != nil {
			return nil, contract.Failf(contract.Misconfigured, "%s cannot be served: %v.", endpoint.Subject, err)
		}
		closed.Add(1)
		subscription.SetClosedHandler(func(string) { closed.Done() })
		subscriptions = append(subscriptions, subscription)
	}
	return func() {
		for _, subscription := range subscriptions {
			if subscription.Drain() != nil {
				_ = subscription.Unsubscribe()
			}
		}
		closed.Wait()
	}, nil
}

// receive handles a request in a goroutine of its own. One that finds the mailbox full is refused here, so that a flood
// starts no goroutines.
func (c *conversation[Request]) receive(process *Process, message *nats.Msg) {
	if message.Reply == "" {
		return
	}
	if process.Mailbox.isFull() {
		c.refuse(process, message)
		return
	}
	go c.handle(process, message)
}

func (c *conversation[Request]) refuse(process *Process, message *nats.Msg) {
	request, format, err := c.read(message.Data)
	if err == nil {
		process.Meter.refusedFull(c.weigh(request))
		err = errBusy
	}
	format = min(max(format, 1), contract.Newest)
	process.Bus.respond(message, contract.AppendFailure(nil, contract.AsFailure(err), format), format)
}

func (c *conversation[Request]) handle(process *Process, message *nats.Msg) {
	ctx, cancel := context.WithTimeout(context.Background(), patienceOf(message.Header))
	defer cancel()
	if traceparent := message.Header.Get(contract.HeaderTraceparent); traceparent != "" {
		ctx = context.WithValue(ctx, traceKey{}, traceparent)
	}
	request, format, err := c.read(message.Data)
	if err != nil {
		process.Log.Error("A request on "+message.Subject+" is unreadable", "cause", err.Error())
		format = min(max(format, 1), contract.Newest)
		process.Bus.respond(message, contract.AppendFailure(nil, contract.AsFailure(err), format), format)
		return
	}
	var reply []byte
	err = process.Mailbox.Deliver(ctx, c.weigh(request), func(ctx context.Context) (err error) {
		reply, err = c.answer(ctx, request, format, process.Log)
		return err
	})
	if err != nil {
		reply = contract.AppendFailure(nil, contract.AsFailure(err), format)
	}
	process.Bus.respond(message, reply, format)
}

func patienceOf(header nats.Header) time.Duration {
	milliseconds, err := strconv.ParseInt(header.Get(contract.HeaderPatience), 10, 32)
	if err != nil || milliseconds < 1 {
		return defaultPatience
	}
	return time.Duration(milliseconds) * time.Millisecond
}
