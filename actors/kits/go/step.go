package kit

import (
	"context"
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
// nil adds nothing. An error is the verdict that this event cannot be processed; it does not concern the others. A panic
// fails the whole batch as crashed.
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
	return StepBatches(name, func(ctx context.Context, batch *contract.EnrichedBatch) (*contract.StepResult, error) {
		result := &contract.StepResult{BatchName: batch.BatchName}
		for i := range batch.Events {
			if ctx.Err() != nil {
				return nil, contract.Failf(contract.Expired, "the deadline passed after %d of %d events", i, len(batch.Events))
			}
			one := &batch.Events[i]
			params, err := handleEvent(ctx, one, handle)
			if stranger := strangerIn(params, name); stranger != "" {
				return nil, contract.Failf(contract.Unavailable, "the step %s added the parameter %q: it may add %s and names that begin with %s_", name, stranger, name, name)
			}
			switch {
			case err != nil:
				result.Failed = append(result.Failed, contract.FailedEvent{Index: one.Index, Message: err.Error()})
			case len(params) > 0:
				result.Added = append(result.Added, contract.AddedParams{Index: one.Index, Params: params})
			}
		}
		return result, nil
	})
}

func handleEvent(ctx context.Context, one *contract.EnrichedEvent, handle func(context.Context, Event) (Params, error)) (Params, error) {
	parsed, ok := record.Parse(string(one.Value))
	if !ok {
		return nil, contract.Failf(contract.Unreadable, "the record does not follow the contract")
	}
	params, err := handle(ctx, Event{Record: parsed, Index: one.Index, Topic: one.Topic})
	if err != nil {
		return nil, err
	}
	size := 0
	for name, value := range params {
		size += len(name) + len(value)
	}
	if size > maxParamsBytes {
		return nil, contract.Failf(contract.TooLarge, "the parameters have %d bytes; the limit is %d bytes", size, maxParamsBytes)
	}
	return params, nil
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
