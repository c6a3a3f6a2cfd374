package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Reason says whether a retry can help, and whether the work may have been done (contracts/README.md, "Failures").
type Reason string

// The reasons of Spoor's failures.
const (
	Unavailable   Reason = "unavailable"
	NoResponders  Reason = "no-responders"
	Busy          Reason = "busy"
	Expired       Reason = "expired"
	Timeout       Reason = "timeout"
	NoAnswer      Reason = "no-answer"
	TooLarge      Reason = "too-large"
	Unreadable    Reason = "unreadable"
	Misconfigured Reason = "misconfigured"
	Crashed       Reason = "crashed"
)

// Reasons lists every reason.
var Reasons = []Reason{Unavailable, NoResponders, Busy, Expired, Timeout, NoAnswer, TooLarge, Unreadable, Misconfigured, Crashed}

// Failure is the error of a request or service. Message is a sentence for a person: what is wrong and what to do.
type Failure struct {
	Reason  Reason
	Message string
	// isNewer: the message has a newer format than this package reads; the reply then names those that it reads.
	isNewer bool
	// isReported: a responder reported the failure in its reply.
	isReported bool
}

func (f *Failure) Error() string { return f.Message }

// Infrastructure reports that the message is not the cause, so that the failure does not count as an attempt at it.
func (f *Failure) Infrastructure() bool { return f.Reason != Crashed }

// IsReported reports whether the responder named this failure in its reply. A reply that cannot be read is a failure too,
// but not one that anybody reported.
func (f *Failure) IsReported() bool { return f.isReported }

// Failf makes a failure; the arguments are those of fmt.Sprintf.
func Failf(reason Reason, format string, args ...any) *Failure {
	return &Failure{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// AsFailure returns the failure in err. The end of a context is a timeout; any other error counts as crashed, as an
// unexpected exception does.
func AsFailure(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Failure{Reason: Timeout, Message: "the deadline passed while the message was handled"}
	}
	return &Failure{Reason: Crashed, Message: err.Error()}
}

func isReason(text string) bool { return slices.Contains(Reasons, Reason(text)) }

// ReasonOf is the reason that a peer names; Crashed for a text that is none.
func ReasonOf(text string) Reason {
	if isReason(text) {
		return Reason(text)
	}
	return Crashed
}
