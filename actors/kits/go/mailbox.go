package kit

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"spoor.dev/kit/contract"
)

// minTimeLeft: a message with less time left is not begun.
const minTimeLeft = 50 * time.Millisecond

// hangGrace: a handler that has not returned this long after its deadline counts as hung, and the process is no longer
// live. Its supervisor then ends it.
const hangGrace = 5 * time.Second

var errBusy = contract.Failf(contract.Busy, "the mailbox is full")

// Weight is the size and age of a message, for the metrics. Oldest is in milliseconds since 1970; 0 for no age.
type Weight struct {
	Events int
	Oldest int64
}

// Mailbox bounds the messages of an actor: some are handled at the same time, some more wait, and the next one is refused
// as busy at once.
type Mailbox struct {
	slots    chan struct{}
	capacity int
	meter    *Meter
	log      *slog.Logger

	mu       sync.Mutex
	inFlight int
	empty    *sync.Cond
	// overdueAt holds when each running handler counts as hung.
	overdueAt map[int]time.Time
	next      int
}

func newMailbox(concurrency, waiting int, meter *Meter, log *slog.Logger) *Mailbox {
	m := &Mailbox{
		slots:     make(chan struct{}, concurrency),
		capacity:  concurrency + waiting,
		meter:     meter,
		log:       log,
		overdueAt: map[int]time.Time{},
	}
	m.empty = sync.NewCond(&m.mu)
	return m
}

// Deliver runs handle, at most as many at the same time as the actor allows. It fails as handle fails; with Busy when the
// mailbox is full, with Expired when ctx leaves no time to begin, and with Crashed when handle panicked.
func (m *Mailbox) Deliver(ctx context.Context, weight Weight, handle func(context.Context) error) error {
	if !m.enter() {
		m.meter.refusedFull(weight)
		return errBusy
	}
	begun := time.Now()
	m.meter.arrived(weight)
	err := m.handleInTime(ctx, handle)
	m.meter.settled(weight, time.Since(begun), err)
	m.leave()
	return err
}

func (m *Mailbox) enter() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inFlight >= m.capacity {
		return false
	}
	m.inFlight++
	return true
}

func (m *Mailbox) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight--
	if m.inFlight == 0 {
		m.empty.Broadcast()
	}
}

// isFull reports whether the next message would be refused.
func (m *Mailbox) isFull() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inFlight >= m.capacity
}

// waitEmpty returns when no message is in flight.
func (m *Mailbox) waitEmpty() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.inFlight > 0 {
		m.empty.Wait()
	}
}

// size is the number of messages in flight or waiting.
func (m *Mailbox) size() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inFlight
}

// hung reports whether a handler has not returned although its deadline passed long ago.
func (m *Mailbox) hung(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range m.overdueAt {
		if now.After(at) {
			return true
		}
	}
	return false
}

func (m *Mailbox) handleInTime(ctx context.Context, handle func(context.Context) error) (err error) {
	expired := contract.Failf(contract.Expired, "the deadline passed before the message was begun")
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return expired
	}
	deadline, hasDeadline := ctx.Deadline()
	if hasDeadline && time.Until(deadline) < minTimeLeft {
		return expired
	}
	if hasDeadline {
		defer m.watch(deadline.Add(hangGrace))()
	}
	defer func() {
		if cause := recover(); cause != nil {
			m.log.Error("the actor crashed on a message", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = contract.Failf(contract.Crashed, "%v", cause)
		}
	}()
	return handle(ctx)
}

// watch registers a handler; the returned function removes it.
func (m *Mailbox) watch(overdue time.Time) func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	id := m.next
	m.overdueAt[id] = overdue
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.overdueAt, id)
	}
}
