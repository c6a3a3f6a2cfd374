package kit

import (
	"context"
	"encoding/json"
	"time"

	"spoor.dev/kit/contract"
)

// collisionWindow: how long the start waits for actors of the same name.
const collisionWindow = 300 * time.Millisecond

// refuseCollision fails with Misconfigured when an actor of the same name serves other subjects: two different actors
// of one name would share a queue group or a consumer group, and their figures. An unreachable NATS refuses nothing, nor does one where
// our user may not ask.
func (p *Process) refuseCollision(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, collisionWindow)
	defer cancel()
	if !p.awaitConnection(ctx) {
		return nil
	}
	inbox := p.Bus.connection.NewRespInbox()
	replies, err := p.Bus.connection.SubscribeSync(inbox)
	if err != nil {
		return nil
	}
	defer func() { _ = replies.Unsubscribe() }()
	if p.Bus.connection.PublishRequest("$SRV.INFO", inbox, nil) != nil {
		return nil
	}
	for {
		message, err := replies.NextMsgWithContext(ctx)
		if err != nil {
			return nil
		}
		var other serviceInfo
		if json.Unmarshal(message.Data, &other) != nil || other.Name != p.Actor.Name {
			continue
		}
		if !p.sharesSubject(other.Endpoints) {
			return contract.Failf(contract.Misconfigured, "An actor named %s runs on this NATS (%s on %s) and receives %s, while this one receives %s: give this one another name.",
				p.Actor.Name, other.ID, other.Metadata["host"], other.Metadata["receives"], p.inbox.describe())
		}
	}
}

// sharesSubject reports whether one of these endpoints is on a subject of this actor; true for none at all.
func (p *Process) sharesSubject(others []endpointInfo) bool {
	for _, other := range others {
		for _, own := range p.endpoints() {
			if own.Subject == other.Subject {
				return true
			}
		}
	}
	return len(others) == 0
}

func (p *Process) awaitConnection(ctx context.Context) bool {
	for !p.Bus.connection.IsConnected() {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return true
}
