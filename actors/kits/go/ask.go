package kit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"spoor.dev/kit/contract"
)

// storeTimeout is the longest wait for the receipt of a bridge; replyTravel of the caller's deadline is left for its own
// reply.
const (
	storeTimeout = 5 * time.Second
	replyTravel  = 200 * time.Millisecond
)

// Store sends finished records to a bridge and returns the receipt of the whole batch. Its deadline is never later than
// that of ctx, less the time that the answer needs to travel back. A batch that is too large for one message, or whose
// answer is, is sent in halves, whose receipts are merged. An event too large for any message is rejected with the stage
// by. A batch without events is sent too: it probes the path to the log.
func (p *Process) Store(ctx context.Context, batch *contract.EnrichedBatch, by string) (*contract.Receipt, error) {
	payload := contract.AppendEnrichedBatch(nil, batch)
	receipt, err := p.send(ctx, batch, payload)
	var failure *contract.Failure
	if err == nil || !errors.As(err, &failure) || failure.Reason != contract.TooLarge {
		return receipt, err
	}
	if len(batch.Events) <= 1 {
		return rejectLarge(batch, len(payload), by, failure.Message)
	}
	middle := len(batch.Events) / 2
	whole := &contract.Receipt{BatchName: batch.BatchName}
	for _, events := range [][]contract.EnrichedEvent{batch.Events[:middle], batch.Events[middle:]} {
		part, err := p.Store(ctx, batch.Part(events), by)
		if err != nil {
			return nil, err
		}
		whole.Merge(part)
	}
	return whole, nil
}

func (p *Process) send(ctx context.Context, batch *contract.EnrichedBatch, payload []byte) (*contract.Receipt, error) {
	deadline := time.Now().Add(storeTimeout)
	if own, ok := ctx.Deadline(); ok && own.Add(-replyTravel).Before(deadline) {
		deadline = own.Add(-replyTravel)
	}
	if time.Until(deadline) < minTimeLeft {
		return nil, contract.Failf(contract.Expired, "the deadline leaves no time for a request on spoor.store")
	}
	waiting, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	reply, err := p.Bus.Request(waiting, "spoor.store", payload, contract.Newest)
	if err != nil {
		return nil, err
	}
	receipt, err := contract.ReadReply(reply.Payload)
	if err != nil {
		if failure := contract.AsFailure(err); failure.IsReported() {
			return nil, failure
		}
		return nil, p.Bus.unusable("spoor.store", reply.Instance, err.Error())
	}
	if !receipt.AccountsFor(batch) {
		return nil, p.Bus.unusable("spoor.store", reply.Instance, fmt.Sprintf("the receipt of %s (digest %s) does not account for the %d events of %s (digest %s)",
			receipt.ID, receipt.Digest, len(batch.Events), batch.ID, batch.Digest))
	}
	return receipt, nil
}

// rejectLarge rejects an event that no message can hold. One that only exceeds the present limit of this server waits; so
// does one whose answer does not fit, because it may already be stored.
func rejectLarge(batch *contract.EnrichedBatch, size int, by, message string) (*contract.Receipt, error) {
	if size <= contract.MaxMessageBytes {
		return nil, contract.Failf(contract.Unavailable, "%s", message)
	}
	receipt := &contract.Receipt{BatchName: batch.BatchName}
	for _, event := range batch.Events {
		receipt.Rejected = append(receipt.Rejected, contract.Rejection{
			Index: event.Index, Topic: event.Topic, Stage: by, Reason: "too large", Detail: message,
		})
	}
	return receipt, nil
}
