// Package kit runs one actor of Spoor as a process: requests over NATS or records of Kafka, a bounded mailbox, deadlines,
// health and metrics, registration as a NATS micro service, and an end in order at SIGTERM. README.md has the way from
// nothing to a running actor.
package kit

import (
	"context"
	"log/slog"
	"regexp"
	"runtime/debug"
	"sync"
	"time"

	"spoor.dev/kit/contract"
)

// Actor describes an actor: what it is called, what it is for, and how it is set up.
type Actor struct {
	// Name is that of the service and of the metrics: lower-case letters, digits and "-".
	Name string
	// Summary is a sentence for people; Sends names what the actor sends, for people too.
	Summary, Sends string
	// Version is like 1.2.3. Default: that of the module.
	Version string
	// Concurrency is how many messages are handled at the same time, Waiting how many more may wait; the next one is
	// refused as busy. Defaults: 16 and 64.
	Concurrency, Waiting int
	// Setup builds what the actor keeps and returns its inbox. It runs once. Its settings are read from process.Settings;
	// an error ends the start: with exit code 78 and one sentence when its reason is Misconfigured.
	Setup func(process *Process) (Inbox, error)
}

// Inbox is where an actor's messages come from: Enrich, Step, StepBatches, or Records of the package consumer.
type Inbox interface {
	describe() string
	served() []Endpoint
	open(ctx context.Context, process *Process) (stop func(), err error)
}

// Source makes an inbox for messages from elsewhere, like the package consumer. Describe is what it receives, for people.
// Open starts to receive and returns at once; it delivers each message to process.Mailbox. The function that it returns
// takes no more messages and returns when none is in flight.
func Source(describe string, open func(ctx context.Context, process *Process) (stop func(), err error)) Inbox {
	return source{describe, open}
}

type source struct {
	description string
	begin       func(context.Context, *Process) (func(), error)
}

func (s source) describe() string   { return s.description }
func (s source) served() []Endpoint { return nil }
func (s source) open(ctx context.Context, process *Process) (func(), error) {
	return s.begin(ctx, process)
}

// The states of an actor, as /health/ready and $SRV.STATS show them.
const (
	stateStarting = "starting"
	stateUp       = "up"
	stateStopping = "stopping"
)

// Process is the process around an actor. It lives from its start to its exit.
type Process struct {
	Actor    Actor
	Settings *Settings
	Log      *slog.Logger
	Meter    *Meter
	Mailbox  *Mailbox
	// Bus is nil when NATS_URL is not set.
	Bus *Bus

	processLog   *slog.Logger
	id           string
	ops          string
	inbox        Inbox
	started      time.Time
	dependencies []*Dependency

	mu    sync.Mutex
	state string
}

// Require adds a system that must answer for the process to be ready.
func (p *Process) Require(dependency *Dependency) *Dependency {
	dependency.log = p.Log
	p.dependencies = append(p.dependencies, dependency)
	return dependency
}

// State is starting, up or stopping.
func (p *Process) State() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

func (p *Process) isStopping() bool { return p.State() == stateStopping }

func (p *Process) setState(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = state
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// checked returns the actor with its defaults.
func (a Actor) checked() (Actor, error) {
	if !nameForm.MatchString(a.Name) {
		return a, contract.Failf(contract.Misconfigured, "%q is not a valid name of an actor: use lower-case letters, digits and -, a letter first.", a.Name)
	}
	if a.Concurrency == 0 {
		a.Concurrency = 16
	}
	if a.Waiting == 0 {
		a.Waiting = 64
	}
	if a.Concurrency < 1 || a.Waiting < 0 {
		return a, contract.Failf(contract.Misconfigured, "%s: Concurrency must be 1 or more, and Waiting 0 or more.", a.Name)
	}
	return a, nil
}

func (a Actor) version() string {
	if a.Version != "" {
		return a.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && versionForm.MatchString(info.Main.Version) {
		return info.Main.Version[1:]
	}
	return "0.0.0"
}

var versionForm = regexp.MustCompile(`^v\d+\.\d+\.\d+`)
