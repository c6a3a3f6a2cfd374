package kit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/record"
)

// maxParamsBytes limits the parameters that a step adds to one event: names and values.
const maxParamsBytes = 8 * 1024

// Params are the parameters that a step adds to an event; the enricher encodes them. A name is that of the step, or
// begins with it and "_", so that steps cannot change what clients send or other steps add.
type Params map[string]string

// Event is one finished event as a step sees it. Index is its place in the batch.
type Event struct {
	record.Record
	Index int
	Topic string
}

// Step is an inbox that calls handle for each event of a batch, one after another. Its parameters are added to the event;
// nil adds nothing. An error is the verdict that this event cannot be processed; so is a panic, which is logged with its
// stack. The other events are not affected. A *contract.Failure fails the whole request: for example
// contract.Failf(contract.Unavailable, "…") when a database of the step is down.
//
//	kit.Main(kit.Actor{
//		Name:    "score",
//		Summary: "Scores events.",
//		Setup: func(*kit.Process) (kit.Inbox, error) {
//			return kit.Step("score", func(_ context.Context, event kit.Event) (kit.Params, error) {
//				return kit.Params{"score": scoreOf(event)}, nil
//			}), nil
//		},
//	})
func Step(name string, handle func(ctx context.Context, event Event) (Params, error)) Inbox {
	return stepInbox(name, func(ctx context.Context, batch *contract.EnrichedBatch, log *slog.Logger) (*contract.StepResult, error) {
		return (&step{name: name, handle: handle, log: log}).resultOf(ctx, batch)
	})
}

// step handles one batch.
type step struct {
	name     string
	handle   func(ctx context.Context, event Event) (Params, error)
	log      *slog.Logger
	isLogged bool
}

func (s *step) resultOf(ctx context.Context, batch *contract.EnrichedBatch) (*contract.StepResult, error) {
	result := &contract.StepResult{BatchName: batch.BatchName}
	for i := range batch.Events {
		if ctx.Err() != nil {
			return nil, contract.Failf(contract.Expired, "the deadline passed after %d of %d events", i, len(batch.Events))
		}
		one := &batch.Events[i]
		params, err := s.paramsOf(ctx, one)
		var failure *contract.Failure
		switch {
		case errors.As(err, &failure):
			return nil, failure
		case err != nil:
			result.Failed = append(result.Failed, contract.FailedEvent{Index: one.Index, Message: err.Error()})
		case len(params) > 0:
			result.Added = append(result.Added, contract.AddedParams{Index: one.Index, Params: params})
		}
	}
	return result, nil
}

// paramsOf are the checked parameters of one event.
func (s *step) paramsOf(ctx context.Context, one *contract.EnrichedEvent) (params Params, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.logPanic(cause)
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	parsed, ok := record.Parse(string(one.Value))
	if !ok {
		return nil, errors.New("the record does not follow the contract")
	}
	params, err = s.handle(ctx, Event{Record: parsed, Index: one.Index, Topic: one.Topic})
	if err != nil {
		return nil, err
	}
	size := 0
	for name, value := range params {
		size += len(name) + len(value)
	}
	if size > maxParamsBytes {
		return nil, fmt.Errorf("the parameters have %d bytes; the limit is %d bytes", size, maxParamsBytes)
	}
	if stranger := strangerIn(params, s.name); stranger != "" {
		return nil, contract.Failf(contract.Unavailable, "the step %s added the parameter %q: it may add %s and names that begin with %s_", s.name, stranger, s.name, s.name)
	}
	return params, nil
}

// logPanic logs the first panic of a batch: the same mistake often meets many of its events.
func (s *step) logPanic(cause any) {
	if s.isLogged {
		return
	}
	s.isLogged = true
	s.log.Error("the step failed on an event; others of its batch may have failed too", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
}

// strangerIn is a name that the step may not add; "" without one.
func strangerIn(params Params, step string) string {
	for name := range params {
		if name != step && !strings.HasPrefix(name, step+"_") {
			return name
		}
	}
	return ""
}
