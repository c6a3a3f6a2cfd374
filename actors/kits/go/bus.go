package kit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"spoor.dev/kit/contract"
)

// defaultPatience is the deadline of a request that names none.
const defaultPatience = 5 * time.Second

// headerReserve is left of the server's size limit for the headers of a message.
const headerReserve = 1024

// unusableInterval is the shortest time between two log lines about replies that cannot be used.
const unusableInterval = 10 * time.Second

// Bus is the connection to NATS. It reconnects for ever, and lives as long as the process.
type Bus struct {
	Dependency *Dependency

	connection *nats.Conn
	instance   string
	secret     []byte
	log        *slog.Logger

	mu         sync.Mutex
	lost       context.Context
	lose       context.CancelFunc
	denied     error
	unusableAt time.Time
}

// errLost ends requests whose connection was lost while they waited.
var errLost = errors.New("the connection to NATS was lost")

// dial starts to connect; it does not wait for a server. Failing options are misconfigured.
func dial(settings *natsSettings, instance string, log *slog.Logger) (*Bus, error) {
	bus := &Bus{instance: instance, secret: settings.secret, log: log}
	bus.lost, bus.lose = context.WithCancel(context.Background())
	bus.Dependency = &Dependency{Name: "bus", Kind: "nats", Address: settings.address, Check: bus.check, log: log}
	options := append([]nats.Option{
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.Timeout(3 * time.Second),
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(connection *nats.Conn, err error) { bus.disconnected(connection, err) }),
		nats.ConnectHandler(func(*nats.Conn) { bus.connected() }),
		nats.ReconnectHandler(func(*nats.Conn) { bus.connected() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { bus.reported(err) }),
	}, settings.options...)
	connection, err := nats.Connect(settings.servers, options...)
	if err != nil {
		return nil, contract.Failf(contract.Misconfigured, "NATS_URL cannot be used: %v.", err)
	}
	bus.connection = connection
	return bus, nil
}

func (b *Bus) disconnected(connection *nats.Conn, err error) {
	b.mu.Lock()
	lose := b.lose
	b.lost, b.lose = context.WithCancel(context.Background())
	b.mu.Unlock()
	lose()
	if err == nil {
		err = errLost
	}
	if !connection.IsClosed() {
		b.Dependency.Failed(err)
	}
}

func (b *Bus) connected() {
	b.mu.Lock()
	b.denied = nil
	b.mu.Unlock()
	b.Dependency.Worked()
}

// reported keeps what the server denies: the process is not ready until a connection without it.
func (b *Bus) reported(err error) {
	if errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(strings.ToLower(err.Error()), "subscription") {
		b.mu.Lock()
		b.denied = contract.Failf(contract.Unavailable, "NATS denies a subject to our user: %v. Allow it, as in deploy/nats/spoor.conf.", err)
		b.mu.Unlock()
	}
	if errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(err.Error(), `"$SRV.INFO"`) {
		b.log.Debug("NATS does not allow to ask for actors of the same name", "cause", err.Error())
		return
	}
	b.log.Warn("NATS reports an error", "cause", err.Error())
}

func (b *Bus) check(ctx context.Context) error {
	b.mu.Lock()
	denied := b.denied
	b.mu.Unlock()
	if denied != nil {
		return denied
	}
	if !b.connection.IsConnected() {
		return contract.Failf(contract.Unavailable, "NATS at %s is not connected.", b.Dependency.Address)
	}
	return b.connection.FlushWithContext(ctx)
}

// limit is the largest payload that one message may have, bytes.
func (b *Bus) limit() int {
	limit := int(b.connection.MaxPayload()) - headerReserve
	if limit <= 0 || limit > contract.MaxMessageBytes {
		return contract.MaxMessageBytes
	}
	return limit
}

// Reply is the reply to a request. Instance is the $SRV id of the responder; "" when it names none.
type Reply struct {
	Payload  []byte
	Instance string
}

// Request sends a request of a format to one member of the queue group that serves the subject, and returns its verified
// reply. Fails before sending with Expired, TooLarge or Unavailable; afterwards with NoResponders at once, Timeout when
// the connection is lost, NoAnswer when ctx ends, and as the responder fails.
func (b *Bus) Request(ctx context.Context, subject string, payload []byte, format int) (*Reply, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(defaultPatience)
	}
	left := time.Until(deadline)
	switch {
	case left < time.Millisecond:
		return nil, contract.Failf(contract.Expired, "the deadline of the request on %s has passed", subject)
	case len(payload) > b.limit():
		return nil, contract.Failf(contract.TooLarge, "a message of %d bytes exceeds the limit of %d bytes", len(payload), b.limit())
	case !b.connection.IsConnected():
		return nil, contract.Failf(contract.Unavailable, "NATS at %s is not connected.", b.Dependency.Address)
	}
	message := nats.NewMsg(subject)
	message.Data = payload
	message.Header.Set(contract.HeaderPatience, strconv.FormatInt(left.Milliseconds(), 10))
	setFormat(message.Header, format)
	if traceparent, ok := ctx.Value(traceKey{}).(string); ok {
		message.Header.Set(contract.HeaderTraceparent, traceparent)
	}
	b.mu.Lock()
	lost := b.lost
	b.mu.Unlock()
	waiting, stop := context.WithDeadline(ctx, deadline)
	defer stop()
	defer context.AfterFunc(lost, stop)()
	reply, err := b.connection.RequestMsgWithContext(waiting, message)
	if err != nil {
		return nil, requestFailure(err, lost, subject)
	}
	if reason := reply.Header.Get(contract.HeaderFailure); reason != "" {
		return nil, &contract.Failure{Reason: contract.ReasonOf(reason), Message: string(reply.Data)}
	}
	instance := reply.Header.Get(contract.HeaderInstance)
	verified, ok := b.verified(subject, payload, reply.Data)
	if !ok {
		return nil, b.unusable(subject, instance, "it is not signed with this process's BUS_SECRET: set the same BUS_SECRET for all actors")
	}
	return &Reply{Payload: verified, Instance: instance}, nil
}

// unusable is the failure for a reply that is not one to the request, and logs it: a failure of the responder, never of an
// event, so it is not counted as an attempt. What is a clause with what is wrong.
func (b *Bus) unusable(subject, instance, what string) *contract.Failure {
	name := "an instance without a name"
	if instance != "" {
		name = "instance " + instance
	}
	failure := contract.Failf(contract.Unreadable, "the reply of %s on %s is unusable: %s", name, subject, what)
	b.mu.Lock()
	isDue := time.Since(b.unusableAt) >= unusableInterval
	if isDue {
		b.unusableAt = time.Now()
	}
	b.mu.Unlock()
	if isDue {
		b.log.Warn(failure.Message + ". The batch is tried again and is not counted as tried. Stop or mend that instance.")
	}
	return failure
}

func requestFailure(err error, lost context.Context, subject string) error {
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return contract.Failf(contract.NoResponders, "nobody serves %s", subject)
	case lost.Err() != nil:
		return contract.Failf(contract.Timeout, "no reply on %s: %v", subject, errLost)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, nats.ErrTimeout):
		return contract.Failf(contract.NoAnswer, "no reply on %s before the deadline", subject)
	case errors.Is(err, nats.ErrMaxPayload):
		return contract.Failf(contract.TooLarge, "the message exceeds the limit of the server")
	}
	return contract.Failf(contract.Unavailable, "the request on %s could not be sent: %v", subject, err)
}

// Publish sends to all subscribers, at most once; a message that cannot be sent is dropped.
func (b *Bus) Publish(subject string, payload []byte, format int) {
	if !b.connection.IsConnected() || len(payload) > b.limit() {
		return
	}
	message := nats.NewMsg(subject)
	message.Data = payload
	setFormat(message.Header, format)
	_ = b.connection.PublishMsg(message)
}

func setFormat(header nats.Header, format int) {
	if format >= 2 {
		header.Set(contract.HeaderFormat, strconv.Itoa(format))
	}
}

// respond sends one reply; a reply over the size limit becomes the failure TooLarge, because the work is done.
func (b *Bus) respond(request *nats.Msg, reply []byte, format int) {
	answer := &nats.Msg{Subject: request.Reply, Header: nats.Header{contract.HeaderInstance: {b.instance}}}
	signed := b.signed(request.Subject, request.Data, reply)
	if len(signed) > b.limit() {
		answer.Header.Set(contract.HeaderFailure, string(contract.TooLarge))
		answer.Data = []byte("a reply of " + strconv.Itoa(len(signed)) + " bytes exceeds the limit of " + strconv.Itoa(b.limit()) + " bytes")
	} else {
		setFormat(answer.Header, format)
		answer.Data = signed
	}
	if err := b.connection.PublishMsg(answer); err != nil {
		b.log.Debug("a reply could not be sent", "subject", request.Subject, "cause", err.Error())
	}
}

// mac covers the subject, a zero byte, the SHA-256 of the request, and the reply (bridge/message-bus/signed-replies.ts).
func (b *Bus) mac(subject string, request, reply []byte) []byte {
	digest := sha256.Sum256(request)
	mac := hmac.New(sha256.New, b.secret)
	mac.Write([]byte(subject + "\x00"))
	mac.Write(digest[:])
	mac.Write(reply)
	return mac.Sum(nil)
}

// signed is the reply after its 32 bytes of HMAC-SHA-256; the reply itself without BUS_SECRET.
func (b *Bus) signed(subject string, request, reply []byte) []byte {
	if len(b.secret) == 0 {
		return reply
	}
	return append(b.mac(subject, request, reply), reply...)
}

// verified is the reply inside a signed one; false when it is not signed with our secret.
func (b *Bus) verified(subject string, request, signed []byte) (reply []byte, ok bool) {
	if len(b.secret) == 0 {
		return signed, true
	}
	if len(signed) >= sha256.Size && hmac.Equal(signed[:sha256.Size], b.mac(subject, request, signed[sha256.Size:])) {
		return signed[sha256.Size:], true
	}
	return nil, false
}
