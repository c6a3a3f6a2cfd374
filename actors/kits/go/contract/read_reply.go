package contract

import "slices"

// ReadReply decodes the reply to a request about a batch, of format 1 or 2: the receipt, or the responder's failure as
// the error. Any other bytes are an Unreadable failure.
func ReadReply(payload []byte) (*Receipt, error) {
	r := newReader(payload)
	var receipt *Receipt
	var failure *Failure
	r.mapOf(func(key string) bool {
		switch key {
		case "v":
			r.version()
		case "receipt":
			receipt = r.receipt()
		case "failure":
			failure = r.failure()
		default:
			return false
		}
		return true
	})
	r.end()
	if r.err == nil && (receipt == nil) == (failure == nil) {
		r.fail("the reply is not a receipt")
	}
	if r.err != nil {
		return nil, r.err
	}
	if failure != nil {
		return nil, failure
	}
	return receipt, nil
}

func (r *reader) failure() *Failure {
	failure := &Failure{isReported: true}
	hasMessage := false
	r.mapOf(func(key string) bool {
		switch key {
		case "reason":
			failure.Reason = Reason(r.text())
		case "message":
			failure.Message, hasMessage = r.text(), true
		default:
			return false
		}
		return true
	})
	if !isReason(string(failure.Reason)) || !hasMessage {
		r.fail("the failure in the reply has an unknown reason or no message")
	}
	return failure
}

func (r *reader) receipt() *Receipt {
	receipt := &Receipt{}
	r.mapOf(func(key string) bool {
		switch key {
		case "id":
			receipt.ID = r.text()
		case "digest":
			receipt.Digest = r.text()
		case "stored":
			receipt.Stored = r.whole()
		case "placements":
			for i := r.listLen(); i > 0 && r.err == nil; i-- {
				receipt.Placements = append(receipt.Placements, r.placement())
			}
		case "rejected":
			for i := r.listLen(); i > 0 && r.err == nil; i-- {
				receipt.Rejected = append(receipt.Rejected, r.rejection())
			}
		default:
			return false
		}
		return true
	})
	if !isNamed(receipt.BatchName) {
		r.fail("the receipt has no id or digest")
	}
	return receipt
}

func (r *reader) placement() Placement {
	placement := Placement{}
	r.mapOf(func(key string) bool {
		switch key {
		case "topic":
			placement.Topic = r.text()
		case "partition":
			placement.Partition = r.whole()
		case "offset":
			placement.Offset = r.text()
		case "count":
			placement.Count = r.whole()
		case "at":
			placement.At = r.integer()
		default:
			return false
		}
		return true
	})
	return placement
}

func (r *reader) rejection() Rejection {
	rejection := Rejection{}
	r.mapOf(func(key string) bool {
		switch key {
		case "index":
			rejection.Index = r.whole()
		case "topic":
			rejection.Topic = r.text()
		case "stage":
			rejection.Stage = r.text()
		case "reason":
			rejection.Reason = r.text()
		case "detail":
			rejection.Detail = r.text()
		default:
			return false
		}
		return true
	})
	if !slices.Contains(rejectedBy, rejection.Stage) || !slices.Contains(rejectionReasons, rejection.Reason) {
		r.fail("the receipt has a rejection of an unknown stage or reason")
	}
	return rejection
}

// The stages that reject events, and their reasons (contracts/README.md, "Dead letters").
var (
	rejectedBy       = []string{"drainer", "enricher", "bridge"}
	rejectionReasons = []string{
		"empty", "too few fields", "no path", "time is not a number", "not an IP address", "too large", "refused by the log",
		"not enriched", "crashed",
	}
)
