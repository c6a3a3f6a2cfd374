package kit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"spoor.dev/kit/contract"
)

// Exit codes of a process.
const (
	exitFailed        = 1
	exitMisconfigured = 78
	exitInterrupted   = 130
)

// sameSignal: a signal may arrive twice, from the terminal and passed on by a parent; within this time it counts once.
const sameSignal = 500 * time.Millisecond

// gcPercent: an actor's heap is small and its batches live for a moment, so fewer collections save more processor time
// than they take memory. GOGC, when it is set, decides instead.
const gcPercent = 400

// Main runs the actor until SIGTERM or SIGINT and exits: with 0 when everything in flight was finished, with 78 and one
// sentence for settings that cannot work, else with 1. A second signal ends the process at once, with 130.
func Main(actor Actor) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		name := "SIGTERM"
		if <-signals == syscall.SIGINT {
			name = "SIGINT"
		}
		first := time.Now()
		stop(errors.New(name))
		for range signals {
			if time.Since(first) > sameSignal {
				os.Exit(exitInterrupted)
			}
		}
	}()
	err := Run(ctx, actor, NewSettings(os.Getenv), os.Stdout)
	var failure *contract.Failure
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &failure) && failure.Reason == contract.Misconfigured:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitMisconfigured)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(exitFailed)
}

// Run runs the actor until ctx ends, drains it, and returns. Log lines go to out.
func Run(ctx context.Context, actor Actor, settings *Settings, out io.Writer) error {
	process, times, err := prepare(actor, settings, out)
	if err != nil {
		return err
	}
	if process.Bus != nil {
		defer process.Bus.connection.Close()
	}
	host, port := settings.Text("OPS_HOST", "127.0.0.1"), settings.Int("OPS_PORT", 9464, 0, 65_535)
	if process.inbox, err = process.Actor.Setup(process); err == nil {
		err = settings.Err()
	}
	if err != nil {
		return err
	}
	if process.ops, err = process.serveOps(host, port); err != nil {
		return err
	}
	stopInbox, err := process.start(ctx)
	if err != nil {
		return err
	}
	process.setState(stateUp)
	process.processLog.Info("Spoor is running: "+actor.Name, "health", process.ops+"/health/ready")
	<-ctx.Done()
	return process.drain(context.Cause(ctx), stopInbox, times)
}

// drainTimes are DRAIN_DELAY and DRAIN_TIMEOUT.
type drainTimes struct{ delay, timeout time.Duration }

// prepare checks everything that can be known before the start, connects to NATS, and starts nothing else.
func prepare(actor Actor, settings *Settings, out io.Writer) (*Process, drainTimes, error) {
	times := drainTimes{
		delay:   settings.Duration("DRAIN_DELAY", 500*time.Millisecond, time.Millisecond, 0, time.Hour),
		timeout: settings.Duration("DRAIN_TIMEOUT", 25*time.Second, time.Second, 0, 24*time.Hour),
	}
	actor, err := actor.checked()
	if err != nil {
		return nil, times, err
	}
	base := newLogger(out, settings)
	log := base.With("actor", actor.Name)
	meter := newMeter()
	process := &Process{
		Actor: actor, Settings: settings, Log: log, processLog: base.With("actor", "process"), Meter: meter, id: newID(), started: time.Now(), state: stateStarting,
		Mailbox: newMailbox(actor.Concurrency, actor.Waiting, meter, log),
	}
	bus := readNats(settings)
	if err := settings.Err(); err != nil {
		return nil, times, err
	}
	if bus == nil {
		return process, times, nil
	}
	if process.Bus, err = dial(bus, process.id, log); err != nil {
		return nil, times, err
	}
	process.Require(process.Bus.Dependency)
	return process, times, nil
}

// start opens the inbox and registers the actor.
func (p *Process) start(ctx context.Context) (stop func(), err error) {
	if p.Bus != nil {
		if err := p.refuseCollision(ctx); err != nil {
			return nil, err
		}
	}
	stop, err = p.inbox.open(ctx, p)
	if err == nil && p.Bus != nil {
		err = p.register()
	}
	return stop, err
}

// drain ends the process in order: not ready, no new messages, messages in flight finished, replies at the server.
func (p *Process) drain(cause error, stopInbox func(), times drainTimes) error {
	p.processLog.Info(cause.Error() + ": draining")
	p.setState(stateStopping)
	time.Sleep(times.delay)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		stopInbox()
		p.Mailbox.waitEmpty()
		if p.Bus != nil && p.Bus.connection.IsConnected() {
			_ = p.Bus.connection.FlushTimeout(times.timeout)
		}
	}()
	select {
	case <-finished:
		return nil
	case <-time.After(times.timeout):
		return contract.Failf(contract.Timeout, "%d messages were still in flight after DRAIN_TIMEOUT", p.Mailbox.size())
	}
}

// newID is 32 hex digits; the first 12 are the time in milliseconds, so that ids sort by age.
func newID() string {
	random := make([]byte, 10)
	_, _ = rand.Read(random)
	return fmt.Sprintf("%012x", time.Now().UnixMilli()) + hex.EncodeToString(random)
}
